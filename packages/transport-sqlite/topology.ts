/** Topics and groups as the file knows them. */
import type { Group, Topic, Topology } from '@vestnik/bus/transport'
import { type BrokerFile, FileFault } from './file.ts'
import { shardCount } from './shard.ts'

export interface KnownTopic {
  readonly no: number
  readonly name: string
  readonly partitions: number
  /** Without a group nobody can ever read it. */
  hasGroups: boolean
}

export interface KnownGroup {
  readonly no: number
  readonly topic: KnownTopic
  readonly order: string
}

export interface KnownTopology {
  readonly topics: ReadonlyMap<string, KnownTopic>
  readonly groups: ReadonlyMap<string, KnownGroup>
}

/** The log table of a topic. */
export const logOf = (topic: { readonly no: number }): string => `log_${topic.no}`

/** Changes to topology and membership are counted, so that one small read tells whether something changed. */
export const readChanges = (file: BrokerFile): number =>
  file.number("select value from meta where name = 'changes'") ?? 0

export function countChange(file: BrokerFile): void {
  file.run("update meta set value = value + 1 where name = 'changes'")
}

export function readTopology(file: BrokerFile): KnownTopology {
  const byNo = new Map<number, KnownTopic>()
  for (const [no, name, partitions] of file.rows('select no, name, partitions from topic')) {
    byNo.set(Number(no), { no: Number(no), name: String(name), partitions: Number(partitions), hasGroups: false })
  }
  const groups = new Map<string, KnownGroup>()
  for (const [no, topicNo, name, order] of file.rows('select no, topic, name, ordering from grp')) {
    const topic = byNo.get(Number(topicNo))
    if (!topic) continue
    topic.hasGroups = true
    groups.set(groupKey(topic.name, String(name)), { no: Number(no), topic, order: String(order) })
  }
  return { topics: new Map([...byNo.values()].map((topic) => [topic.name, topic])), groups }
}

export const groupKey = (topic: string, group: string): string => `${topic}\n${group}`

/** Makes what is missing, inside a write transaction. @throws FileFault `TOPOLOGY_CONFLICT`, `UNKNOWN_TOPIC` */
export function ensureTopology(file: BrokerFile, wanted: Topology): void {
  let made = 0
  for (const topic of wanted.topics) made += ensureTopic(file, topic)
  for (const group of wanted.groups) made += ensureGroup(file, group)
  if (made > 0) countChange(file)
}

function ensureTopic(file: BrokerFile, topic: Topic): number {
  const known = file.number('select partitions from topic where name = ?', topic.name)
  if (known === topic.partitions) return 0
  if (known !== undefined) {
    throw conflict(`ensure topic ${topic.name}: it has ${known} partitions, asked for were ${topic.partitions}`)
  }
  file.run('insert into topic (name, partitions) values (?, ?)', topic.name, topic.partitions)
  const no = file.number('select no from topic where name = ?', topic.name) ?? 0
  // An emptied log must not use an id again: places in it are remembered.
  file.db.exec(
    `create table ${logOf({ no })} (id integer primary key autoincrement, shard integer not null, message blob not null)`,
  )
  return 1
}

function ensureGroup(file: BrokerFile, group: Group): number {
  const at = `ensure group ${group.name} of topic ${group.topic}`
  const topic = file.number('select no from topic where name = ?', group.topic)
  if (topic === undefined) throw new FileFault({ code: 'UNKNOWN_TOPIC', text: `${at}: there is no such topic` })
  const [known] = file.rows('select ordering from grp where topic = ? and name = ?', topic, group.name)
  if (known?.[0] === group.order) return 0
  if (known) throw conflict(`${at}: it has order '${String(known[0])}', asked for was order '${group.order}'`)
  file.run('insert into grp (topic, name, ordering) values (?, ?, ?)', topic, group.name, group.order)
  const no = file.number('select no from grp where topic = ? and name = ?', topic, group.name) ?? 0
  const last = file.number('select seq from sqlite_sequence where name = ?', logOf({ no: topic })) ?? 0
  for (let shard = 0; shard < shardCount; shard += 1) {
    file.run('insert into shard (grp, shard, topic, low, high) values (?, ?, ?, ?, ?)', no, shard, topic, last, last)
  }
  return 1
}

const conflict = (text: string) => new FileFault({ code: 'TOPOLOGY_CONFLICT', text })
