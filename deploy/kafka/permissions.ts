/** What each service may do at Kafka: the least with which it can make, write and read the topics of its contracts. Pure. */
import { allContracts } from '@vestnik/contracts'
import type { ServiceTopics } from '../rabbitmq/permissions.ts'

export interface Permission {
  readonly resource: 'topic' | 'group'
  readonly name: string
  /** As Kafka's ACLs call it. `WRITE` and `READ` bring `DESCRIBE` with them. */
  readonly operation: 'CREATE' | 'WRITE' | 'READ' | 'DESCRIBE_CONFIGS'
}

/**
 * Whoever starts first makes a topic, so each may make its own; who finds them made needs no `CREATE`. `DESCRIBE_CONFIGS`
 * is for a warning only: without it nothing is said of settings of the broker that do not fit.
 */
export function permissionsOf({ publishes, reads }: ServiceTopics): readonly Permission[] {
  return [
    ...[...publishes, ...reads].flatMap((name) => [
      { resource: 'topic', name, operation: 'CREATE' } as const,
      { resource: 'topic', name, operation: 'DESCRIBE_CONFIGS' } as const,
    ]),
    ...publishes.map((name) => ({ resource: 'topic', name, operation: 'WRITE' }) as const),
    ...reads.map((name) => ({ resource: 'topic', name, operation: 'READ' }) as const),
    ...groupsOf(reads).flatMap((name) => [
      { resource: 'group', name, operation: 'READ' } as const,
      { resource: 'group', name, operation: 'DESCRIBE_CONFIGS' } as const,
    ]),
  ]
}

function groupsOf(topics: readonly string[]): readonly string[] {
  const own = allContracts.filter(({ topic }) => topics.includes(topic))
  return [...new Set(own.flatMap(({ groups }) => groups.map(({ name }) => name)))]
}
