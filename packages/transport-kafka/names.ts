/** What a topic is called at the broker. A group's name is the group's id there, so that an existing peer's is continued. */
import { BusError } from '@vestnik/bus/errors'

export interface Names {
  /** The topic's own name unless a peer calls it otherwise. */
  topic(topic: string): string
  /** Whether a peer calls it: it is used as it is found. */
  isForeign(topic: string): boolean
}

/** @throws BusError `BAD_OPTION` */
export function namesFor(topicNames: Readonly<Record<string, string>>): Names {
  for (const [topic, name] of Object.entries(topicNames)) checkName(topic, name)
  const isForeign = (topic: string) => Object.hasOwn(topicNames, topic)
  return { topic: (topic) => (isForeign(topic) && topicNames[topic]) || topic, isForeign }
}

function checkName(topic: string, name: string): void {
  if (/^[A-Za-z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..') return
  const allowed = 'Kafka takes 1 to 249 letters, digits, dots, dashes and underscores'
  throw new BusError('BAD_OPTION', `open Kafka: topicNames: ${topic} is ${JSON.stringify(name)}: ${allowed}`)
}
