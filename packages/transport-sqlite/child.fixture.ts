/**
 * A small program for the tests that need several processes: it publishes, reads or does nothing, as its one argument
 * (JSON) says, and appends what happens to a shared record, one line each, in the order in which it happened.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { PublishError } from '@vestnik/bus/errors'
import type { Group, Outgoing } from '@vestnik/bus/transport'
import { type CrashAt, openSqliteTransport } from './index.ts'

export interface ChildTask {
  readonly role: 'publish' | 'read'
  readonly path: string
  readonly record: string
  readonly group: Group
  readonly partitions: number
  /** The publisher's name, part of its messages' ids and keys. */
  readonly name: string
  readonly leaseMs: number
  /** Published one batch after another until killed, or so many. */
  readonly messages?: number
  readonly batch?: number
  readonly keys?: number
  /** How long each delivery takes; by message id where named. */
  readonly handleMs?: number
  readonly slow?: Readonly<Record<string, number>>
  /** Which part of the deliveries is handed back. */
  readonly handBack?: number
  readonly crashAt?: CrashAt
}

/** A line of the record. */
export interface Entry {
  readonly kind: 'confirmed' | 'start' | 'end' | 'aborted' | 'ready' | 'killed' | 'stopped'
  readonly id: string
  readonly pid: number
  readonly redelivered: boolean
}

export interface RecordFile {
  add(kind: Entry['kind'], id: string, pid: number, redelivered: boolean): void
  /** All lines so far. */
  read(): readonly Entry[]
  close(): void
}

export function openRecord(path: string): RecordFile {
  const descriptor = openSync(path, 'a+')
  const entries: Entry[] = []
  let read = 0
  return {
    // One write each: lines of several processes never mix.
    add: (kind, id, pid, redelivered) =>
      void writeSync(descriptor, `${JSON.stringify({ kind, id, pid, redelivered })}\n`),
    read() {
      const fresh = Buffer.alloc(fstatSync(descriptor).size - read)
      const text = fresh.toString('utf8', 0, readSync(descriptor, fresh, 0, fresh.length, read))
      // What stands behind the last line's end is a line that is being written.
      const whole = text.slice(0, text.lastIndexOf('\n') + 1)
      read += Buffer.byteLength(whole)
      for (const line of whole.split('\n')) if (line !== '') entries.push(JSON.parse(line))
      return entries
    },
    close: () => closeSync(descriptor),
  }
}

if (import.meta.main) await run(JSON.parse(process.argv[2] ?? '{}'))

async function run(task: ChildTask): Promise<void> {
  const { path, leaseMs, crashAt, group } = task
  const transport = await openSqliteTransport(path, crashAt ? { leaseMs, crashAt } : { leaseMs })
  await transport.ensure({ topics: [{ name: group.topic, partitions: task.partitions }], groups: [group] })
  const record = openRecord(task.record)
  if (task.role === 'read') {
    const subscription = await transport.subscribe(group, async (message, signal) => {
      signal.addEventListener('abort', () => record.add('aborted', message.id, process.pid, message.redelivered))
      record.add('start', message.id, process.pid, message.redelivered)
      const ms = task.slow?.[message.id] ?? task.handleMs ?? 0
      if (ms > 0) await sleep(ms)
      if (Math.random() < (task.handBack ?? 0)) {
        record.add('aborted', message.id, process.pid, message.redelivered)
        throw new Error('handed back')
      }
      record.add('end', message.id, process.pid, message.redelivered)
    })
    process.once('SIGTERM', () => void subscription.drain().then(() => transport.close()))
    record.add('ready', '', process.pid, false)
    return
  }
  record.add('ready', '', process.pid, false)
  for (let next = 0; next < (task.messages ?? Number.POSITIVE_INFINITY); ) {
    const messages: Outgoing[] = []
    for (let i = 0; i < (task.batch ?? 20); i += 1) {
      const headers = { 'content-type': 'application/json' }
      const key = `${task.name}-${next % (task.keys ?? 10)}`
      messages.push({ id: `${key}/${next}`, topic: group.topic, key, headers, body: new Uint8Array(60) })
      next += 1
    }
    const doubtful: readonly string[] = await transport.publish(messages).then(
      () => [],
      (error) => (error instanceof PublishError ? error.doubtful : Promise.reject(error)),
    )
    for (const { id } of messages) if (!doubtful.includes(id)) record.add('confirmed', id, process.pid, false)
    // Leaves some of the machine to the readers.
    await sleep(5)
  }
  await transport.close()
}
