/** Vestnik's laws: what every transport and every store keeps, as functions and data. */

export type { BusBench, BusFacts, BusProcess, BusVariant } from './bus-bench.ts'
export { type BusConformance, busConformance, busLaws, busSuite } from './bus-conformance.ts'
export type { BusLaw } from './bus-law.ts'
export { registerSuite } from './conformance.ts'
export { judgeLaw, keepLaw, type Law, misfits, type Suite, type Variant, variantsFor } from './law.ts'
export type { OpenByName, Opening } from './opening.ts'
export type { StoreBench, StoreFacts, StoreLaw, StoreProcess } from './store-bench.ts'
export { type StoreConformance, storeConformance, storeLaws, storeSuite } from './store-conformance.ts'
export type { Outage, TransportBench, TransportFacts, TransportVariant } from './transport-bench.ts'
export {
  type TransportConformance,
  transportConformance,
  transportLaws,
  transportSuite,
} from './transport-conformance.ts'
export type { TransportLaw } from './transport-law.ts'
