/** Which fault befalls what, and when: drawn from a seed, so that the same seed draws the same plan. */
import { chanceOf } from './chance.ts'
import { type Fault, faults } from './faults.ts'
import type { TargetKind, TargetNames } from './targets.ts'

export interface Planned {
  /** After the beginning. */
  readonly atMs: number
  readonly fault: string
  readonly target: string
  readonly lastsMs: number
  /** What else was drawn: the crash point, and at which of its visits. */
  readonly drawn: string
}

/** The mean pause between two beginnings. */
const pauseMs = 1_600
/** What had a fault is left alone for so long: else nothing would ever be done. */
const restMs = 2_500
/** All faults end before the campaign does. */
const marginMs = 1_000

/** In the order of their beginnings. No two are at one target at once. */
export function drawPlan(seed: number, minutes: number, names: TargetNames, all: readonly Fault[] = faults): Planned[] {
  const chance = chanceOf(seed)
  const possible = all.filter(({ of }) => names[of].length > 0)
  const busyUntil = new Map<string, number>()
  const plan: Planned[] = []
  for (let atMs = 500; ; atMs += chance.between(0.2 * pauseMs, 1.8 * pauseMs)) {
    if (atMs > minutes * 60_000 - marginMs) return plan
    const fault = chance.pickWeighted(possible)
    const target = chance.pick(names[fault.of])
    const lastsMs = chance.between(...fault.lastsMs)
    const drawn = fault.draw?.(chance) ?? ''
    const place = `${fault.of} ${target}`
    if ((busyUntil.get(place) ?? 0) > atMs || atMs + lastsMs > minutes * 60_000 - marginMs) continue
    busyUntil.set(place, atMs + lastsMs + restMs)
    plan.push({ atMs: Math.round(atMs), fault: fault.name, target, lastsMs: Math.round(lastsMs), drawn })
  }
}

/** Without faults of what cannot be hurt on this machine. The others are those that the seed draws on every machine. */
export function without(plan: readonly Planned[], lacking: readonly TargetKind[]): readonly Planned[] {
  const left = new Set(faults.filter(({ of }) => !lacking.includes(of)).map(({ name }) => name))
  return plan.filter(({ fault }) => left.has(fault))
}
