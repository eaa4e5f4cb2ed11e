/** Laws of transports: how one is written, and in which variants it must hold. */
import type { Law } from './law.ts'
import type { TransportBench, TransportVariant } from './transport-bench.ts'

export type TransportLaw = Law<TransportBench, TransportVariant>

const variants: readonly TransportVariant[] = [
  { title: 'order by key, one process', order: 'key', several: false, needs: [] },
  { title: 'no order, one process', order: 'none', several: false, needs: [] },
  { title: 'order by key, several processes', order: 'key', several: true, needs: ['processes'] },
  { title: 'no order, several processes', order: 'none', several: true, needs: ['processes'] },
]

/** Where a law must hold. */
export interface Scope {
  readonly variants: readonly TransportVariant[]
  readonly needs: readonly string[]
}

export const everywhere: Scope = { variants, needs: [] }
/** Only with order by key. */
export const ordered: Scope = { variants: variants.filter(({ order }) => order === 'key'), needs: [] }
/** Where order and place make no difference. */
export const once: Scope = { variants: variants.slice(0, 1), needs: [] }
/** One variant of each order and each place, for what a single member shows. */
export const sampled: Scope = {
  variants: variants.filter(({ order, several }) => (order === 'none') === several),
  needs: [],
}
/** Only between processes of their own, as it kills or stops them. */
export const acrossProcesses: Scope = { variants: variants.filter(({ several }) => several), needs: [] }
export const orderedAcrossProcesses: Scope = {
  variants: acrossProcesses.variants.filter(({ order }) => order === 'key'),
  needs: [],
}

/** A scope for what only some brokers can be made to show. */
export const needing = (scope: Scope, ...needs: readonly string[]): Scope => ({ ...scope, needs })

export function law(sentence: string, scope: Scope, run: (bench: TransportBench) => Promise<void>): TransportLaw {
  return { sentence, ...scope, run }
}
