/** Runs a row: all its sides in turn, round after round and there and back, so that a noisy moment meets all of them. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { median } from '../../tools/stats.ts'
import type { Bound, Figures, Medians, Requirement, Row, Settings, Side } from './row.ts'

export interface RowResult {
  readonly name: string
  readonly title: string
  readonly rounds: number
  readonly sides: readonly SideResult[]
  readonly verdicts: readonly Verdict[]
  readonly seconds: number
}

export interface SideResult {
  readonly name: string
  readonly title: string
  readonly missing?: string
  /** Medians of all rounds. */
  readonly figures: Figures
  /** Each round by itself. */
  readonly rounds: readonly Figures[]
}

export interface Verdict {
  readonly says: string
  readonly unit: Requirement['unit']
  readonly value?: number
  readonly atLeast?: number
  readonly atMost?: number
  readonly ok: boolean | 'not measured'
}

export async function runRow(row: Row, settings: Settings, note: (line: string) => void): Promise<RowResult> {
  const started = performance.now()
  const sides = row.sides(settings)
  try {
    const measured = await measure(sides, settings, note)
    const medians: Medians = Object.fromEntries(
      measured.filter((side) => !side.missing).map((s) => [s.name, s.figures]),
    )
    return {
      name: row.name,
      title: row.title,
      rounds: settings.rounds,
      sides: measured,
      verdicts: row.requirements.map((requirement) => judge(requirement, medians)),
      seconds: (performance.now() - started) / 1000,
    }
  } finally {
    for (const side of sides) await side.close?.()
  }
}

async function measure(
  sides: readonly Side[],
  settings: Settings,
  note: (line: string) => void,
): Promise<readonly SideResult[]> {
  const missing = new Map<string, string>()
  for (const side of sides) {
    const reason = await side.missing?.(settings)
    if (reason) missing.set(side.name, reason)
  }
  const rounds = new Map<string, Figures[]>(sides.map((side) => [side.name, []]))
  for (let round = 1; round <= settings.rounds; round += 1) {
    // What one leaves for the next to suffer is not always left to the same.
    for (const side of round % 2 === 1 ? sides : sides.toReversed()) {
      if (missing.has(side.name)) continue
      note(`round ${round} of ${settings.rounds}: ${side.title}`)
      rounds.get(side.name)?.push(await runOnce(side, join(settings.folder, `${side.name}-${round}`)))
    }
  }
  return Promise.all(sides.map((side) => sideResult(side, rounds.get(side.name) ?? [], missing.get(side.name))))
}

async function runOnce(side: Side, folder: string): Promise<Figures> {
  await mkdir(folder, { recursive: true })
  try {
    return await side.run(folder)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function sideResult(side: Side, rounds: readonly Figures[], missing: string | undefined): Promise<SideResult> {
  const names = Object.keys(rounds[0] ?? {})
  const figures = Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name] ?? 0))]))
  const versions = missing === undefined ? await side.versions?.() : undefined
  const title = versions ? `${side.title} (${versions})` : side.title
  return { name: side.name, title, figures, rounds, ...(missing ? { missing } : {}) }
}

function judge({ says, unit, value, atLeast, atMost }: Requirement, medians: Medians): Verdict {
  const found = value(medians)
  const bounds = { ...limit('atLeast', atLeast, medians), ...limit('atMost', atMost, medians) }
  if (found === undefined || Number.isNaN(found)) return { says, unit, ...bounds, ok: 'not measured' }
  const ok =
    found >= (bounds.atLeast ?? Number.NEGATIVE_INFINITY) && found <= (bounds.atMost ?? Number.POSITIVE_INFINITY)
  return { says, unit, value: found, ...bounds, ok }
}

function limit(
  name: 'atLeast' | 'atMost',
  bound: Bound | undefined,
  medians: Medians,
): { atLeast?: number; atMost?: number } {
  if (bound === undefined) return {}
  return { [name]: typeof bound === 'number' ? bound : bound(medians) }
}
