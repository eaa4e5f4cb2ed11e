/** What was sent and is not confirmed yet, by the number under which each will be. Pure. */

import type { Outgoing } from '@vestnik/bus/transport'
import type { Message } from 'amqplib'

export interface Sent {
  readonly message: Outgoing
  /** How the broker confirms it; 0 before it is sent. */
  tag: number
  exchange: string
  routingKey: string
  isReturned: boolean
}

export interface Unconfirmed<Entry extends Sent> {
  /** Whether more would be too much. */
  isFull(): boolean
  size(): number
  /** In the order in which they were sent. */
  all(): readonly Entry[]
  oldest(): Entry | undefined
  add(entry: Entry): void
  remove(entry: Entry): void
  /** Those of this number, or with `multiple` all up to it. */
  upTo(tag: number, multiple: boolean): readonly Entry[]
  /** Marks the one that came back: that comes before its confirm, and does not say under which number. */
  returned(message: Message): void
}

/** What the broker has not confirmed yet is kept here, and there: enough to be fast, and no more. */
const mostMessages = 2048
const mostBytes = 16 * 1024 * 1024

export function createUnconfirmed<Entry extends Sent>(): Unconfirmed<Entry> {
  const sent = new Map<number, Entry>()
  let bytes = 0
  return {
    isFull: () => sent.size >= mostMessages || bytes >= mostBytes,
    size: () => sent.size,
    all: () => [...sent.values()],
    oldest: () => sent.values().next().value,
    add(entry) {
      sent.set(entry.tag, entry)
      bytes += entry.message.body.byteLength
    },
    remove({ tag, message }) {
      if (sent.delete(tag)) bytes -= message.body.byteLength
    },
    upTo(tag, multiple) {
      const found: Entry[] = []
      if (multiple) {
        for (const [other, entry] of sent) {
          if (other > tag) break
          found.push(entry)
        }
      } else {
        const entry = sent.get(tag)
        if (entry) found.push(entry)
      }
      return found
    },
    returned(message) {
      for (const entry of sent.values()) {
        if (entry.isReturned || !isSame(entry, message)) continue
        entry.isReturned = true
        return
      }
    },
  }
}

function isSame({ message, exchange, routingKey }: Sent, { fields, properties, content }: Message): boolean {
  if (exchange !== fields.exchange || routingKey !== fields.routingKey) return false
  if (properties.messageId !== undefined && properties.messageId !== message.id) return false
  return content.equals(message.body)
}
