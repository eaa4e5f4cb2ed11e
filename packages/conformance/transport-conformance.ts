/** Holds a transport to the laws: the options, the list of laws, and the registration with node:test. */
import { registerSuite } from './conformance.ts'
import { failures } from './failures.ts'
import { flow } from './flow.ts'
import type { Suite } from './law.ts'
import { lifecycle } from './lifecycle.ts'
import { members } from './members.ts'
import { isByName } from './opening.ts'
import { order } from './order.ts'
import { publishing } from './publishing.ts'
import { redelivery } from './redelivery.ts'
import {
  openTransportBench,
  type TransportBench,
  type TransportFacts,
  type TransportVariant,
} from './transport-bench.ts'
import type { TransportLaw } from './transport-law.ts'

export interface TransportConformance extends TransportFacts {
  /** Names the transport in the test's report. */
  readonly name: string
  /**
   * What cannot be offered, each with the reason: `processes` where `open` is a function, `outage` and `kept` where
   * these are not given. Laws that need it are skipped with that reason.
   * @default {}
   */
  readonly lacks?: Readonly<Record<string, string>>
  /** Laws that it breaks, by their sentence, each with the reason. Such a law is tried and must fail. @default {} */
  readonly deviations?: Readonly<Record<string, string>>
}

/** Every law of the seam in `@vestnik/bus/transport`. */
export const transportLaws: readonly TransportLaw[] = [
  ...publishing,
  ...order,
  ...members,
  ...redelivery,
  ...flow,
  ...lifecycle,
  ...failures,
]

/** The suite as data, for runners other than node:test: see `judgeLaw` and `misfits`. */
export function transportSuite(options: TransportConformance): Suite<TransportBench, TransportVariant> {
  const { name, lacks = {}, deviations = {} } = options
  const offers = [
    ...(isByName(options.open) ? ['processes'] : []),
    ...(options.outage ? ['outage'] : []),
    ...(options.kept ? ['kept'] : []),
  ]
  const openBench = (variant: TransportVariant) => openTransportBench(options, variant)
  return { name, laws: transportLaws, openBench, offers, lacks, deviations }
}

/** Registers every law as a test of node:test. */
export function transportConformance(options: TransportConformance): void {
  registerSuite(transportSuite(options), { timeoutMs: 120_000 + 10 * options.leaseMs })
}
