/** Holds a store to the laws: the options, the list of laws, and the registration with node:test. */
import { commits } from './commits.ts'
import { registerSuite } from './conformance.ts'
import type { Suite } from './law.ts'
import { isByName } from './opening.ts'
import { reads } from './reads.ts'
import { openStoreBench, type StoreBench, type StoreFacts, type StoreLaw } from './store-bench.ts'
import { values } from './values.ts'
import { works } from './works.ts'

export interface StoreConformance extends StoreFacts {
  /** Names the store in the test's report. */
  readonly name: string
  /**
   * What cannot be offered, each with the reason: `processes` where `open` is a function, `unknownCommits` and
   * `failedCommits` where these are not given. Laws that need it are skipped with that reason.
   * @default {}
   */
  readonly lacks?: Readonly<Record<string, string>>
  /** Laws that it breaks, by their sentence, each with the reason. Such a law is tried and must fail. @default {} */
  readonly deviations?: Readonly<Record<string, string>>
}

/** Every law of the seam in `@vestnik/bus/store`. */
export const storeLaws: readonly StoreLaw[] = [...commits, ...works, ...values, ...reads]

/** The suite as data, for runners other than node:test: see `judgeLaw` and `misfits`. */
export function storeSuite(options: StoreConformance): Suite<StoreBench> {
  const { name, lacks = {}, deviations = {} } = options
  const offers = [
    ...(isByName(options.open) ? ['processes'] : []),
    ...(options.unknownCommits ? ['unknownCommits'] : []),
    ...(options.failedCommits ? ['failedCommits'] : []),
  ]
  return { name, laws: storeLaws, openBench: () => openStoreBench(options), offers, lacks, deviations }
}

/** Registers every law as a test of node:test. */
export function storeConformance(options: StoreConformance): void {
  registerSuite(storeSuite(options), { timeoutMs: 60_000 })
}
