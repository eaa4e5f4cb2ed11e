/** Publishing as all sides do that are compared: as many callers at once, each awaiting its own message. */
import { callers } from './callers.ts'
import { report } from './program.ts'
import { timed } from './timed.ts'

/** Messages that the broker has not confirmed, or that wait for their acknowledgement. */
export const inFlight = 1_000

export interface Counts {
  readonly warm: number
  readonly count: number
}

/** Publishes by `publish`, which is told the message's number; reports the rate after the first ones, and what each cost. */
export async function reportPublishing(
  { warm, count }: Counts,
  publish: (n: number) => Promise<unknown>,
): Promise<void> {
  await callers(inFlight, 0, warm, publish)
  await reportTimed(count, () => callers(inFlight, warm, warm + count, publish))
}

/** Reports the rate of work that publishes so many messages. */
export async function reportTimed(count: number, work: () => Promise<unknown>): Promise<void> {
  const { perSecond, cpuUs } = await timed(count, work)
  report({ publishedPerSecond: perSecond, publishCpuUs: cpuUs })
}
