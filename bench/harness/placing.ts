/** Placing orders as its parent tells a program: first to warm up, then what is measured, until the parent has enough. */
import { callers } from './callers.ts'
import { go, now, parentDone, report } from './program.ts'
import type { Counts } from './publishing.ts'

const atOnce = 200

/** `place` is told the number of each order. With each report goes what `facts` says by then. */
export async function placeOrders(
  { warm, count }: Counts,
  place: (n: number) => Promise<unknown>,
  facts: () => Readonly<Record<string, number>> = () => ({}),
): Promise<void> {
  report({ at: now() })
  for (const orders of [warm, count]) {
    await go()
    const from = now()
    await callers(atOnce, 0, orders, place)
    report({ from, at: now(), ...facts() })
  }
  await parentDone
}
