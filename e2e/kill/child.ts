/** What the programs of the kill tests have in common: where they work, where they are killed, and how they end. */
import { openSync, writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { type Ports, systemPorts } from '@vestnik/bus'
import { hasCode } from '@vestnik/bus/errors'
import type { Transport } from '@vestnik/bus/transport'
import { openTransport } from '@vestnik/transport'
import { openSqliteTransport, crashPoints as pointsOfTheBroker } from '@vestnik/transport-sqlite'
import { leaseMs, type Places, placesIn } from './orders.ts'

/** From the parent: the folder, and perhaps the point at whose how-manieth hit this process kills itself. */
export interface ChildSettings {
  readonly folder: string
  readonly point?: string
  readonly time?: number
  /** Only works off what is there. */
  readonly quiet?: boolean
  /** @default a broker in the folder */
  readonly brokerUrl?: string
  /** How long a producer rests between batches. @default 12 */
  readonly pauseMs?: number
}

export const settings = JSON.parse(process.argv[2] ?? '{}') as ChildSettings
export const places: Places = placesIn(settings.folder)

/** Ports that kill this process at its point. */
export function lethalPorts(): Ports {
  let left = settings.time ?? 1
  return {
    ...systemPorts,
    crash(point) {
      if (point !== settings.point) return
      left -= 1
      if (left <= 0) process.kill(process.pid, 'SIGKILL')
    },
  }
}

export function openBroker(): Promise<Transport> {
  if (settings.brokerUrl !== undefined) return openTransport(settings.brokerUrl)
  const point = pointsOfTheBroker.find((one) => one === settings.point)
  return openSqliteTransport(places.broker, {
    leaseMs,
    ...(point && { crashAt: { point, time: settings.time ?? 1 } }),
  })
}

/** Appends lines to a file; each is there when the call returns, whatever becomes of this process. */
export function appendTo(path: string): (line: string) => void {
  const file = openSync(path, 'a')
  return (line) => void writeSync(file, `${line}\n`)
}

/** Tries again what was rolled back because a process, this one perhaps, stood still in the middle of a transaction. */
export async function patiently<R>(work: () => Promise<R>): Promise<R> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!hasCode(error, 'LOCK_TIMEOUT', 'FILE_LOCKED', 'TX_TOO_SLOW')) throw error
    }
  }
}

/** Tells the parent that it is at work, and ends in good order when it is asked to; never outlives the parent. */
export function serveUntilAsked(end: () => Promise<void>): void {
  process.once('disconnect', () => process.exit(1))
  process.once('SIGTERM', () => void end().then(() => process.exit(0)))
  // A process that is killed leaves no compiled sources behind for the next, unless it does so now.
  flushCompileCache()
  process.send?.('ready')
}
