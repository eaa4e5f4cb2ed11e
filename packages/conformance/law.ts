/** A law: one promise of a seam as data, so that any test runner can hold an implementation to it. */

/** One way in which a law must hold: in order or not, in one process or in several. */
export interface Variant {
  /** For people: `order by key, several processes`. */
  readonly title: string
  /** What must be offered for it: `processes`. */
  readonly needs: readonly string[]
}

export interface Law<Bench, V extends Variant = Variant> {
  /** The promise, as a sentence. It is also the law's name. */
  readonly sentence: string
  /** The ways in which it must hold. They count as one law. */
  readonly variants: readonly V[]
  /** What must be offered for it in every variant: `outage`. */
  readonly needs: readonly string[]
  /** Rejects when the promise is broken. The bench gives it all that it works with, and cleans up afterwards. */
  readonly run: (bench: Bench) => Promise<void>
}

/** All that is needed to hold one implementation to a set of laws. */
export interface Suite<Bench extends AsyncDisposable = AsyncDisposable, V extends Variant = Variant> {
  /** Names the implementation. */
  readonly name: string
  readonly laws: readonly Law<Bench, V>[]
  readonly openBench: (variant: V) => Promise<Bench>
  /** What the implementation offers of what laws need. */
  readonly offers: readonly string[]
  /** What it cannot offer, each with the reason: `{ processes: 'it lives in one process' }`. */
  readonly lacks: Readonly<Record<string, string>>
  /** Laws that it breaks, each with the reason. Such a law is tried and must fail. */
  readonly deviations: Readonly<Record<string, string>>
}

/** The variants of a law that can be tried with what the suite offers. None: the suite lacks something for all of them. */
export function variantsFor<Bench extends AsyncDisposable, V extends Variant>(
  law: Law<Bench, V>,
  { offers }: Pick<Suite<Bench, V>, 'offers'>,
): readonly V[] {
  return law.variants.filter((variant) => [...law.needs, ...variant.needs].every((need) => offers.includes(need)))
}

/** Resolves when the law holds in every variant that can be tried; else rejects and says in which it does not. */
export async function keepLaw<Bench extends AsyncDisposable, V extends Variant>(
  law: Law<Bench, V>,
  suite: Suite<Bench, V>,
): Promise<void> {
  for (const variant of variantsFor(law, suite)) {
    await keepVariant(law, await suite.openBench(variant)).catch((error: unknown) => {
      const what = error instanceof Error ? error.message : String(error)
      throw new Error(`${variant.title}: ${what}`, { cause: error })
    })
  }
}

async function keepVariant<Bench extends AsyncDisposable, V extends Variant>(
  law: Law<Bench, V>,
  bench: Bench,
): Promise<void> {
  const [kept] = await Promise.allSettled([law.run(bench)])
  const [cleaned] = await Promise.allSettled([bench[Symbol.asyncDispose]()])
  // Where the law is broken, cleaning up may fail for the same reason: the law says it better.
  if (kept.status === 'rejected') throw kept.reason
  if (cleaned.status === 'rejected') throw cleaned.reason
}

/** As `keepLaw`, but a law that is named as a deviation must fail: one that passes makes this reject. */
export async function judgeLaw<Bench extends AsyncDisposable, V extends Variant>(
  law: Law<Bench, V>,
  suite: Suite<Bench, V>,
): Promise<void> {
  if (!Object.hasOwn(suite.deviations, law.sentence)) return keepLaw(law, suite)
  const broken = await keepLaw(law, suite).then(
    () => false,
    () => true,
  )
  if (!broken) throw new Error(`${suite.name} keeps the law "${law.sentence}": take it out of its deviations`)
}

/** What is wrong with the suite's own words: deviations that name no law, needs that nobody spoke of. One sentence each. */
export function misfits<Bench extends AsyncDisposable, V extends Variant>(suite: Suite<Bench, V>): readonly string[] {
  const sentences = suite.laws.map((law) => law.sentence)
  const needs = new Set(
    suite.laws.flatMap((law) => [...law.needs, ...law.variants.flatMap((variant) => variant.needs)]),
  )
  return [
    ...sentences.filter((it, i) => sentences.indexOf(it) !== i).map((it) => `two laws are called "${it}"`),
    ...Object.keys(suite.deviations)
      .filter((it) => !sentences.includes(it))
      .map((it) => `the deviation "${it}" names no law`),
    ...Object.keys(suite.lacks)
      .filter((it) => !needs.has(it))
      .map((it) => `lacks: no law needs "${it}"`),
    ...[...needs].flatMap((need) => {
      const offered = suite.offers.includes(need)
      const lacking = Object.hasOwn(suite.lacks, need)
      if (offered && lacking) return [`"${need}" is both offered and lacking`]
      return offered || lacking ? [] : [`laws need "${need}": offer it, or say in lacks why it cannot be`]
    }),
  ]
}
