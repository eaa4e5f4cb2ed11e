/** A private Kafka: nodes of Apache Kafka's own jars, in a folder of their own, on free ports, as any user. */
import { join } from 'node:path'
import { freePorts, type Guarded, guardedFolder, removeFolder, startGuarded } from './guarded.ts'
import type { KafkaOptions, KafkaPlace } from './kafka-config.ts'
import { format, type KafkaProgram, words } from './kafka-program.ts'
import { untilTakesMessages } from './kafka-ready.ts'
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts'

/** A Kafka that a test may treat as it likes. */
export interface KafkaNode extends AsyncDisposable {
  /** Its number among the brokers of its cluster, from 1. */
  readonly id: number
  readonly port: number
  /** `kafka://` and all nodes of its cluster, itself first. */
  readonly url: string
  /** The same, as `host:port`. */
  readonly brokers: readonly string[]
  /** Where it listens with TLS, if it was told to. */
  readonly tlsPort?: number
  /** Where it listens with TLS and SCRAM-SHA-512, if it was told to. */
  readonly saslPort?: number
  /** Where its logs are: a folder for each partition. */
  readonly data: string
  /** What stands before its second plain listener, if it was told to; clients that come through it stay with it. */
  readonly proxy?: TcpProxy
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>
  /** Ends as an operator would end it. */
  shutDown(): Promise<void>
  /** Starts again what was killed or shut down, with all that it held. Resolves when it takes messages. */
  start(): Promise<void>
  /** SIGSTOP. */
  freeze(): void
  /** SIGCONT. */
  thaw(): void
}

/** Starts so many nodes that form a cluster. The last that is disposed takes the common folder with it. */
export async function startKafka(
  program: KafkaProgram,
  count: number,
  options: KafkaOptions = {},
): Promise<readonly KafkaNode[]> {
  const folder = await guardedFolder('kafka')
  const places = await findPlaces(folder, count)
  const left = new Set(places)
  const nodes: KafkaNode[] = []
  try {
    for (const place of places) {
      const gone = () => {
        left.delete(place)
        if (left.size === 0) removeFolder(folder)
      }
      nodes.push(await nodeAt(program, place, places, options, gone))
    }
    await Promise.all(nodes.map((node) => node.start()))
    return nodes
  } catch (error) {
    for (const node of nodes) await node[Symbol.asyncDispose]()
    removeFolder(folder)
    throw error
  }
}

const portsOfNode = 5

async function findPlaces(folder: string, count: number): Promise<readonly KafkaPlace[]> {
  const ports = await freePorts(portsOfNode * count)
  const of = (i: number, k: number) => ports[portsOfNode * i + k] ?? 0
  const all = Array.from({ length: count }, (_, i) => i)
  const voters = all.map((i) => `${i + 1}@127.0.0.1:${of(i, 0)}`)
  return all.map((i) => ({
    id: i + 1,
    home: join(folder, `node${i + 1}`),
    voters,
    controllerPort: of(i, 0),
    port: of(i, 1),
    tlsPort: of(i, 2),
    saslPort: of(i, 3),
    proxiedPort: of(i, 4),
  }))
}

async function nodeAt(
  program: KafkaProgram,
  place: KafkaPlace,
  all: readonly KafkaPlace[],
  options: KafkaOptions,
  disposed: () => void,
): Promise<KafkaNode> {
  const { id, port } = place
  const brokers = [place, ...all.filter((other) => other !== place)].map((one) => `127.0.0.1:${one.port}`)
  const proxy = options.proxied ? await openTcpProxy(place.proxiedPort) : undefined
  let isFormatted = false
  let server: Guarded | undefined

  async function end(signal: NodeJS.Signals): Promise<void> {
    await server?.end(signal)
    server = undefined
  }

  return {
    id,
    port,
    url: `kafka://${brokers.join(',')}`,
    brokers,
    ...listensAt(place, options),
    data: join(place.home, 'data'),
    ...(proxy && { proxy }),
    kill: () => end('SIGKILL'),
    shutDown: () => end('SIGTERM'),
    async start() {
      const isFirst = !isFormatted
      if (isFirst) await format(program, { ...place, proxyPort: proxy?.port }, options)
      isFormatted = true
      const started = startGuarded(program.java, words(program, place, options), {})
      server = started
      const ids = isFirst ? all.map((one) => one.id) : [id]
      await untilTakesMessages({ port, ids, replicas: all.length }, () =>
        started.hasEnded() ? `it ended; it said:\n${started.said()}` : undefined,
      )
    },
    freeze: () => server?.signal('SIGSTOP'),
    thaw: () => server?.signal('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await end('SIGKILL')
      await proxy?.[Symbol.asyncDispose]()
      disposed()
    },
  }
}

function listensAt({ tlsPort, saslPort }: KafkaPlace, { tls, users }: KafkaOptions) {
  return { ...(tls && { tlsPort }), ...(tls && users && { saslPort }) }
}
