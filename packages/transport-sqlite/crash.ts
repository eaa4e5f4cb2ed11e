/** Where a test may kill the process: every place between two durable steps of the broker. */

export const crashPoints = [
  'publish.begun', // rows are written, the transaction is open
  'publish.committed', // rows are durable, nobody knows it
  'publish.noticed', // other processes are woken, the publisher knows nothing yet
  'claim.begun', // the claim is written, its transaction is open
  'claim.committed', // the claim is durable, nothing is handed out
  'deliver.ended', // a delivery has ended, the broker does not know it
  'take.begun', // shards of a dead or leaving member are taken, the transaction is open
  'aside.begun', // messages are copied aside, the transaction is open
  'trim.begun', // handled rows are deleted, the transaction is open
  'release.begun', // shards are given away, the transaction is open
  'release.committed', // shards are given away, nobody is woken
] as const

export type CrashPoint = (typeof crashPoints)[number]

export interface CrashAt {
  readonly point: CrashPoint
  /** The how-manieth time. @default 1 */
  readonly time?: number
}

/** A function to call at each point: it kills this process at the one that was asked for. */
export function crasher(at: CrashAt | undefined): (point: CrashPoint) => void {
  if (at === undefined) return () => {}
  let left = at.time ?? 1
  return (point) => {
    if (point !== at.point) return
    left -= 1
    if (left === 0) process.kill(process.pid, 'SIGKILL')
  }
}
