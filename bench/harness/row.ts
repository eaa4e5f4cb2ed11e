/** What a row of the benchmark is: sides measured in the same run, one after another, and what their figures must hold. */

export interface Row {
  /** How it is named on the command line. */
  readonly name: string
  /** What is measured, in one line. */
  readonly title: string
  sides(settings: Settings): readonly Side[]
  readonly requirements: readonly Requirement[]
}

/** One of the things that are compared. */
export interface Side {
  readonly name: string
  /** For people: what it is. */
  readonly title: string
  /** Why it cannot be measured on this machine; undefined when it can. */
  missing?(settings: Settings): Promise<string | undefined>
  /** What of others it runs on, with versions. */
  versions?(): Promise<string>
  /** Measures once, in an empty folder of its own. */
  run(folder: string): Promise<Figures>
  /** Lets go of what it started for several rounds. */
  close?(): Promise<void>
}

/** What one run measured, by name. The name ends with the unit: `perSecond`, `p50Ms`, `rssMb`, `percent`. */
export type Figures = Readonly<Record<string, number>>

/** The medians of all rounds, by side. A side that could not be measured is not there. */
export type Medians = Readonly<Record<string, Figures>>

export interface Requirement {
  /** What the value is compared with, as a person says it. */
  readonly says: string
  readonly unit: '×' | 'MB' | 'ms' | '%'
  /** Undefined where a side is missing. */
  value(medians: Medians): number | undefined
  readonly atLeast?: Bound
  readonly atMost?: Bound
}

/** A number, or one that depends on what was measured. */
export type Bound = number | ((medians: Medians) => number)

export interface Settings {
  /** Tiny counts, to see that everything runs; the figures mean nothing. */
  readonly quick: boolean
  /** What takes longer than 8 minutes. */
  readonly long: boolean
  readonly rounds: number
  /** Where a row keeps what outlives a round. Removed at the end. */
  readonly folder: string
}

/** One figure of a side over the same figure of another one. */
export function ratio(figure: string, of: string, over: string): (medians: Medians) => number | undefined {
  return (medians) => divide(figureOf(medians, of, figure), figureOf(medians, over, figure))
}

export function figureOf(medians: Medians, side: string, figure: string): number | undefined {
  return medians[side]?.[figure]
}

const divide = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a / b
