/** The settings of a Kafka for tests: KRaft, small, quick to notice what has gone, and each node both broker and controller. */
/** In PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** How a Kafka for tests differs from the usual one. */
export interface KafkaOptions {
  /** Lines of server.properties; the last of a name holds. @default [] */
  readonly config?: readonly string[]
  /** `broker`: the timeouts of groups are those of an untouched broker (a session of 45 s). @default 'tests' */
  readonly groupTimeouts?: 'tests' | 'broker'
  /** Listens with TLS too, with this certificate. */
  readonly tls?: Certificate
  /** Passwords by name: with `tls`, listens with TLS and SCRAM-SHA-512 too. */
  readonly users?: Readonly<Record<string, string>>
  /** Users may do only what an ACL allows them. Who comes over the plain listener or by TLS alone may do anything. @default false */
  readonly acls?: boolean
  /** Listens at one more place, which clients reach only through a proxy that the test cuts and silences. @default false */
  readonly proxied?: boolean
  /** @default 256 */
  readonly heapMb?: number
  /** Compiled little it starts sooner and with less work; fully, it is faster in the end: for measuring. @default 'little' */
  readonly compiled?: 'little' | 'fully'
}

/** Where a node of a cluster is. */
export interface KafkaPlace {
  /** From 1. */
  readonly id: number
  readonly home: string
  readonly port: number
  readonly tlsPort: number
  readonly saslPort: number
  readonly proxiedPort: number
  /** Where clients are told that the proxied listener is. */
  readonly proxyPort?: number | undefined
  /** The controllers of all nodes, `id@host:port`. */
  readonly voters: readonly string[]
  readonly controllerPort: number
}

/** The lines of server.properties. */
export function serverProperties(place: KafkaPlace, options: KafkaOptions): readonly string[] {
  const { tls, users, acls = false, groupTimeouts = 'tests', config = [] } = options
  return [
    ...listeners(place, options),
    'process.roles=broker,controller',
    `node.id=${place.id}`,
    `controller.quorum.voters=${place.voters.join(',')}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAIN',
    `log.dirs=${place.home}/data`,
    ...replication(place.voters.length),
    ...standard,
    ...(groupTimeouts === 'tests' ? shortSessions : []),
    ...(tls ? keyStore(tls) : []),
    ...(tls && users ? scram : []),
    ...(acls ? authorizer : []),
    ...config,
  ]
}

function listeners(place: KafkaPlace, { tls, users, proxied = false }: KafkaOptions): readonly string[] {
  const plain = (name: string, port = 0) => `${name}://127.0.0.1:${port}`
  // The certificates of tests are for this name.
  const named = (name: string, port: number) => `${name}://localhost:${port}`
  const both = [
    plain('PLAIN', place.port),
    ...(tls ? [named('TLS', place.tlsPort)] : []),
    ...(tls && users ? [named('SASL', place.saslPort)] : []),
  ]
  const inside = [...(proxied ? [plain('PROXIED', place.proxiedPort)] : []), plain('CONTROLLER', place.controllerPort)]
  const outside = proxied ? [plain('PROXIED', place.proxyPort)] : []
  return [
    `listeners=${[...both, ...inside].join(',')}`,
    `advertised.listeners=${[...both, ...outside].join(',')}`,
    'listener.security.protocol.map=PLAIN:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,SASL:SASL_SSL',
  ]
}

const replication = (nodes: number) => [
  `default.replication.factor=${nodes}`,
  `min.insync.replicas=${Math.min(2, nodes)}`,
  ...['offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic'].flatMap((topic) => [
    `${topic}.replication.factor=${nodes}`,
    `${topic}.num.partitions=4`,
  ]),
  ...['transaction.state.log', 'share.coordinator.state.topic'].map(
    (topic) => `${topic}.min.isr=${Math.min(2, nodes)}`,
  ),
]

const standard = [
  'auto.create.topics.enable=false',
  'group.initial.rebalance.delay.ms=0',
  // A broker that was killed is taken back only when its session has ended.
  'broker.session.timeout.ms=3000',
  'broker.heartbeat.interval.ms=500',
  'controller.quorum.election.timeout.ms=500',
  'controller.quorum.fetch.timeout.ms=2000',
  // By default half of the small heap.
  'log.cleaner.dedupe.buffer.size=4194304',
  'num.io.threads=4',
  'num.network.threads=2',
]

const shortSessions = [
  'group.consumer.session.timeout.ms=6000',
  'group.consumer.min.session.timeout.ms=6000',
  'group.consumer.heartbeat.interval.ms=1000',
  'group.consumer.min.heartbeat.interval.ms=1000',
]

const scram = [
  'sasl.enabled.mechanisms=SCRAM-SHA-512',
  'listener.name.sasl.sasl.enabled.mechanisms=SCRAM-SHA-512',
  scramLogin(),
]

function scramLogin(): string {
  const module = 'org.apache.kafka.common.security.scram.ScramLoginModule'
  return `listener.name.sasl.scram-sha-512.sasl.jaas.config=${module} required;`
}

const authorizer = [
  'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users=User:ANONYMOUS',
  'allow.everyone.if.no.acl.found=false',
]

const keyStore = ({ cert, key }: Certificate) => [
  'ssl.keystore.type=PEM',
  `ssl.keystore.certificate.chain=${oneLine(cert)}`,
  `ssl.keystore.key=${oneLine(key)}`,
]

/** As a value of a properties file. */
const oneLine = (pem: string) => pem.trim().replaceAll('\n', '\\n')
