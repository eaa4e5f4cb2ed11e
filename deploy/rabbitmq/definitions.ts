/** What RabbitMQ is given at its start: a user for each service, what it may do, and the places of all topics. */
import { createHash, randomBytes } from 'node:crypto'
import type { Contract } from '@vestnik/bus'
import { allContracts } from '@vestnik/contracts'
import {
  groupBindings,
  groupQueues,
  membersQueue,
  partitionsQueue,
  type QueuePlan,
  rejectedQueue,
} from '../../packages/transport-rabbitmq/declared.ts'
import { namesFor } from '../../packages/transport-rabbitmq/names.ts'
import { permissionsOf, type ServiceUser, topicsOf } from './permissions.ts'

export type Passwords = Readonly<Record<ServiceUser, string>>

const vhost = '/'
const names = namesFor({})

/** In the broker's own format, as `rabbitmqctl import_definitions` and `load_definitions` read it. No `guest` in it. */
export function definitions(passwords: Passwords): Readonly<Record<string, unknown>> {
  const users = Object.entries(topicsOf).map(([name, topics]) => ({ name: name as ServiceUser, topics }))
  return {
    vhosts: [{ name: vhost }],
    users: users.map(({ name }) => ({ name, tags: [], ...hashed(passwords[name]) })),
    permissions: users.map(({ name, topics }) => ({ user: name, vhost, ...permissionsOf(topics) })),
    exchanges: allContracts.map(({ topic: name }) => {
      return { name, vhost, type: 'direct', durable: true, auto_delete: false, internal: false, arguments: {} }
    }),
    queues: allContracts.flatMap(queuesOf).map(({ name, options }) => {
      return { name, vhost, durable: true, auto_delete: false, arguments: options.arguments ?? {} }
    }),
    bindings: allContracts.flatMap(bindingsOf),
  }
}

function queuesOf(contract: Contract): readonly QueuePlan[] {
  const { topic, partitions } = contract
  const groups = groupsOf(contract).flatMap((group) => [
    ...groupQueues(names, group, partitions),
    ...(group.order === 'key' ? [membersQueue(names, group)] : []),
    rejectedQueue(names, group),
  ])
  return [partitionsQueue(names, { name: topic, partitions }), ...groups]
}

function bindingsOf(contract: Contract) {
  const plans = groupsOf(contract).flatMap((group) => groupBindings(names, group, contract.partitions))
  return plans.flatMap(({ queue, exchange, keys }) =>
    keys.map((key) => {
      const destination = { destination: queue, destination_type: 'queue' }
      return { source: exchange, vhost, ...destination, routing_key: key, arguments: {} }
    }),
  )
}

const groupsOf = ({ topic, groups }: Contract) => groups.map((group) => ({ topic, ...group }))

/** Salted SHA-256, as RabbitMQ keeps it: enough, as a password here is long and made by chance. */
function hashed(password: string) {
  const salt = randomBytes(4)
  const hash = createHash('sha256').update(salt).update(password).digest()
  return {
    password_hash: Buffer.concat([salt, hash]).toString('base64'),
    hashing_algorithm: 'rabbit_password_hashing_sha256',
  }
}
