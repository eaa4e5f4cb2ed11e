/** Holds the bus on a pair of transport and store to the promises: the options, the list of laws, the registration with node:test. */
import { acting } from './bus-acting.ts'
import { type BusBench, type BusFacts, type BusVariant, openBusBench } from './bus-bench.ts'
import { brokers } from './bus-broker.ts'
import { deaths } from './bus-deaths.ts'
import { failingMessages } from './bus-failing.ts'
import type { BusLaw } from './bus-law.ts'
import { living } from './bus-lives.ts'
import { mending } from './bus-mending.ts'
import { exactlyOnce } from './bus-once.ts'
import { inOrder } from './bus-order.ts'
import { sending } from './bus-sending.ts'
import { storeless } from './bus-storeless.ts'
import { registerSuite } from './conformance.ts'
import type { Suite } from './law.ts'

export interface BusConformance extends BusFacts {
  /** Names the pair in the test's report. */
  readonly name: string
  /** Laws that it breaks, by their sentence, each with the reason. Such a law is tried and must fail. @default {} */
  readonly deviations?: Readonly<Record<string, string>>
}

/** Every promise of the bus, on whatever transport and store. */
export const busLaws: readonly BusLaw[] = [
  ...sending,
  ...exactlyOnce,
  ...inOrder,
  ...failingMessages,
  ...mending,
  ...acting,
  ...deaths,
  ...living,
  ...brokers,
  ...storeless,
]

/** The suite as data, for runners other than node:test: see `judgeLaw` and `misfits`. */
export function busSuite(options: BusConformance): Suite<BusBench, BusVariant> {
  const openBench = (variant: BusVariant) => openBusBench(options, variant)
  return { name: options.name, laws: busLaws, openBench, offers: [], lacks: {}, deviations: options.deviations ?? {} }
}

/** Registers every law as a test of node:test. */
export function busConformance(options: BusConformance): void {
  // They wait more than they work, each on a topic and databases of its own.
  registerSuite(busSuite(options), {
    timeoutMs: Math.max(60_000 + 10 * options.leaseMs, 3 * (options.patienceMs ?? 0)),
    atOnce: 4,
  })
}
