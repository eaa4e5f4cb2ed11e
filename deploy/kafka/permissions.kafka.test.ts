/** Each service's user can do its work at a real Kafka with ACLs, and everything else is refused. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { AclOperations, AclPermissionTypes, Admin, ResourcePatternTypes, ResourceTypes } from '@platformatic/kafka'
import type { Contract } from '@vestnik/bus'
import { hasCode, PublishError } from '@vestnik/bus/errors'
import type { Group, Transport } from '@vestnik/bus/transport'
import { allContracts } from '@vestnik/contracts'
import { openKafkaTransport } from '@vestnik/transport-kafka'
import { until } from '../../e2e/until.ts'
import { makeCertificate } from '../../services/mailer/certificates.fixture.ts'
import { type KafkaNode, privateKafka } from '../../tools/brokers/kafka.ts'
import { type ServiceUser, topicsOf } from '../rabbitmq/permissions.ts'
import { type Permission, permissionsOf } from './permissions.ts'

const users = Object.keys(topicsOf) as ServiceUser[]
const passwords = { gateway: 'of-the-gateway', users: 'of-the-users', films: 'of-the-films', mailer: 'of-the-mailer' }
const all = new AsyncDisposableStack()
const transports = new Map<ServiceUser, Transport>()
let node: KafkaNode
let ca: string

before(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-permissions-'))
  all.defer(() => rm(folder, { recursive: true, force: true }))
  const tls = await makeCertificate('localhost')
  ca = join(folder, 'ca.pem')
  await writeFile(ca, tls.cert)
  node = all.use(await privateKafka({ tls, users: passwords, acls: true }))
  await allow()
  for (const user of users)
    transports.set(
      user,
      all.adopt(await openAs(user), (transport) => transport.close()),
    )
})

after(() => all.disposeAsync())

test('what each publishes reaches who reads it, and no right is missing', { timeout: 90_000 }, async () => {
  const arrived = new Set<string>()
  for (const [user, transport] of transports) {
    await transport.ensure(topologyOf(user))
    for (const contract of contractsOf(topicsOf[user].reads)) {
      for (const group of groupsOf(contract)) await transport.subscribe(group, async ({ id }) => void arrived.add(id))
    }
  }
  for (const [user, transport] of transports) {
    await transport.publish(topicsOf[user].publishes.map((topic) => messageOf(topic, `${user} ${topic}`)))
  }
  const expected = users.flatMap((user) =>
    topicsOf[user].publishes.filter(hasGroups).map((topic) => `${user} ${topic}`),
  )
  await until(
    'all have arrived',
    () => arrived.size === expected.length,
    30_000,
    () => [...arrived],
  )
  assert.deepEqual([...arrived].sort(), expected.sort())
})

for (const user of users) {
  test(`${user} may write and read its own topics, and no other`, { timeout: 90_000 }, async () => {
    const transport = transports.get(user)
    assert.ok(transport)
    const { publishes, reads } = topicsOf[user]
    await Promise.all(
      allContracts.map(async (contract) => {
        const { topic } = contract
        const [group = { topic, name: 'anybody', order: 'none', concurrency: 1 }] = groupsOf(contract)
        const [writes, gets] = await Promise.all([mayWrite(transport, topic), mayRead(transport, group)])
        assert.deepEqual([writes, gets], [publishes.includes(topic), reads.includes(topic)], topic)
      }),
    )
  })

  test(`${user} may do nothing else`, { timeout: 60_000 }, async () => {
    await using clients = new AsyncDisposableStack()
    const admin = clients.adopt(new Admin(clientOf(user)), (it) => it.close())
    const [own = ''] = [...topicsOf[user].publishes, ...topicsOf[user].reads]
    const refused: Readonly<Record<string, () => Promise<unknown>>> = {
      'make a topic': () => admin.createTopics({ topics: ['mine'], partitions: 1, replicas: 1 }),
      'make a topic that is like its own': () =>
        admin.createTopics({ topics: [`${own}s`], partitions: 1, replicas: 1 }),
      'delete its own topic': () => admin.deleteTopics({ topics: [own] }),
      'add partitions': () => admin.createPartitions({ topics: [{ name: own, count: 50 }] }),
      'take what is in it away': () =>
        admin.deleteRecords({ topics: [{ name: own, partitions: [{ partition: 0, offset: 1n }] }] }),
      'allow itself more': () =>
        admin.createAcls({ creations: [aclOf('users', { resource: 'topic', name: own, operation: 'READ' })] }),
    }
    for (const [what, attempt] of Object.entries(refused)) await assert.rejects(attempt(), what)
  })
}

test('each user has a password of its own', { timeout: 60_000 }, async () => {
  for (const user of users) {
    const other = passwords[user === 'users' ? 'films' : 'users']
    await assert.rejects(openKafkaTransport(urlOf(user, other)), (error) => hasCode(error, 'BROKER_REFUSED'))
  }
})

const urlOf = (user: ServiceUser, password = passwords[user]) =>
  `kafkas://${user}:${password}@localhost:${node.saslPort}?ca=${ca}`
const openAs = (user: ServiceUser) => openKafkaTransport(urlOf(user), { publishMs: 3000 })
const contractsOf = (topics: readonly string[]) => allContracts.filter(({ topic }) => topics.includes(topic))
const groupsOf = ({ topic, groups }: Contract) => groups.map((group) => ({ topic, ...group }))
const hasGroups = (topic: string) => contractsOf([topic]).some(({ groups }) => groups.length > 0)
const messageOf = (topic: string, id: string) => ({ id, topic, key: 'k', headers: {}, body: Buffer.from('{}') })

function topologyOf(user: ServiceUser) {
  const own = contractsOf([...topicsOf[user].publishes, ...topicsOf[user].reads])
  return { topics: own.map(({ topic, partitions }) => ({ name: topic, partitions })), groups: own.flatMap(groupsOf) }
}

async function allow(): Promise<void> {
  const admin = new Admin({ ...client, bootstrapBrokers: [...node.brokers] })
  const creations = users.flatMap((user) => permissionsOf(topicsOf[user]).map((permission) => aclOf(user, permission)))
  await admin.createAcls({ creations })
  await admin.close()
}

function aclOf(user: ServiceUser, { resource, name, operation }: Permission) {
  return {
    resourceType: resource === 'topic' ? ResourceTypes.TOPIC : ResourceTypes.GROUP,
    resourceName: name,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: `User:${user}`,
    host: '*',
    operation: AclOperations[operation],
    permissionType: AclPermissionTypes.ALLOW,
  }
}

const client = { clientId: 'permissions', retries: 0, requestTimeout: 20_000, timeout: 15_000 }

function clientOf(user: ServiceUser) {
  const sasl = { mechanism: 'SCRAM-SHA-512', username: user, password: passwords[user] } as const
  const tls = { ca: readFileSync(ca) }
  return { ...client, bootstrapBrokers: [`localhost:${node.saslPort}`], tls, tlsServerName: true, sasl }
}

async function mayWrite(transport: Transport, topic: string): Promise<boolean> {
  try {
    await transport.publish([messageOf(topic, `tried ${topic}`)])
    return true
  } catch (error) {
    assert.ok(error instanceof PublishError, String(error))
    return false
  }
}

async function mayRead(transport: Transport, group: Group): Promise<boolean> {
  try {
    const subscription = await transport.subscribe(group, async () => {})
    await subscription.drain()
    return true
  } catch (error) {
    assert.ok(hasCode(error, 'BROKER_REFUSED'), String(error))
    return false
  }
}
