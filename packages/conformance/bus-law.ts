/** Laws of the bus: how one is written, and in which variants it must hold. */
import type { BusBench, BusVariant } from './bus-bench.ts'
import type { Law } from './law.ts'

export type BusLaw = Law<BusBench, BusVariant>

const variants: readonly BusVariant[] = [
  { title: 'on, order by key', kind: 'on', order: 'key', needs: [] },
  { title: 'on, no order', kind: 'on', order: 'none', needs: [] },
  { title: 'effect, order by key', kind: 'effect', order: 'key', needs: [] },
  { title: 'effect, no order', kind: 'effect', order: 'none', needs: [] },
]

type Scope = readonly BusVariant[]

export const everywhere: Scope = variants
/** Both kinds of handlers, in groups with order by key. */
export const ordered: Scope = variants.filter(({ order }) => order === 'key')
/** Both kinds of handlers, in groups without order. */
export const unordered: Scope = variants.filter(({ order }) => order === 'none')
/** Handlers that write into their own database. */
export const onHandlers: Scope = variants.filter(({ kind }) => kind === 'on')
/** Effects outside. */
export const effects: Scope = variants.filter(({ kind }) => kind === 'effect')
/** Where kind and order make no difference. */
export const once: Scope = variants.slice(0, 1)
export const onceAsEffect: Scope = ordered.filter(({ kind }) => kind === 'effect')

export function law(sentence: string, scope: Scope, run: (bench: BusBench) => Promise<void>): BusLaw {
  return { sentence, variants: scope, needs: [], run }
}
