/** How a topic is made, and which settings of a topic or a group an operator should hear of. Pure. */
import type { Settings } from './options.ts'

export interface Config {
  readonly name: string
  readonly value: string
}

/** Room for what is not the body: headers, key, and what Kafka adds. */
export const besidesBodyBytes: number = 80 * 1024

/** What is written out is what messages would be lost by if the broker's default were another. */
export function topicConfig(settings: Pick<Settings, 'maxBodyBytes' | 'minInsyncReplicas' | 'retentionMs'>): Config[] {
  const { maxBodyBytes, minInsyncReplicas, retentionMs } = settings
  return [
    { name: 'cleanup.policy', value: 'delete' },
    { name: 'unclean.leader.election.enable', value: 'false' },
    { name: 'max.message.bytes', value: String(maxBodyBytes + besidesBodyBytes) },
    ...(minInsyncReplicas === undefined ? [] : [{ name: 'min.insync.replicas', value: String(minInsyncReplicas) }]),
    ...(retentionMs === undefined ? [] : [{ name: 'retention.ms', value: String(retentionMs) }]),
  ]
}

/** What an operator should hear of a topic, given its settings; those that are not there are not judged. */
export function topicWarnings(topic: string, config: ReadonlyMap<string, string>, rememberMs: number): string[] {
  const retention = Number(config.get('retention.ms') ?? 0)
  const kept = retention < 0 || config.get('cleanup.policy') === 'compact' ? Number.POSITIVE_INFINITY : retention
  return [
    ...(kept > rememberMs
      ? [
          `topic ${topic} keeps messages for ${spoken(kept)}, and inboxes remember for ${spoken(rememberMs)} what they handled: what is handed out again after that becomes a dead letter; lower its retention.ms, or let the inboxes remember for longer`,
        ]
      : []),
    ...(config.get('cleanup.policy')?.includes('compact')
      ? [`topic ${topic} is compacted: of each key Kafka keeps the last message only, and loses what was not read yet`]
      : []),
  ]
}

/** A member that dies is noticed only then. */
const longSessionMs = 15_000

/** What an operator should hear of a group, given its settings. */
export function groupWarnings(group: string, config: ReadonlyMap<string, string>): string[] {
  const sessionMs = Number(config.get('consumer.session.timeout.ms') ?? 0)
  if (sessionMs <= longSessionMs) return []
  return [
    `group ${group}: the broker notices only after ${spoken(sessionMs)} that a member has died, and nobody reads its partitions for that time; set group.consumer.session.timeout.ms=6000, and group.consumer.heartbeat.interval.ms=1000, at the broker`,
  ]
}

function spoken(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'ever'
  const units = [
    [24 * 60 * 60 * 1000, 'days'],
    [60 * 60 * 1000, 'hours'],
    [60_000, 'minutes'],
    [1000, 'seconds'],
  ] as const
  const [size, unit] = units.find(([one]) => ms >= 2 * one) ?? [1, 'milliseconds']
  return `${Math.round((10 * ms) / size) / 10} ${unit}`
}
