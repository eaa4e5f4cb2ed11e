/** What a campaign found, as data and for people. */
import { availableParallelism } from 'node:os'
import { duration } from '../../tools/load/report.ts'
import { percentile } from '../../tools/stats.ts'
import { type Account, faultyKinds, isClean } from './account.ts'
import type { Outcome } from './campaign.ts'
import type { CampaignOptions } from './options.ts'
import type { Planned } from './plan.ts'
import { recoveredAfterMs } from './probes.ts'

export interface Report {
  /** What repeats it. */
  readonly command: string
  readonly date: string
  readonly machine: string
  readonly clean: boolean
  readonly answered: number
  readonly uncertain: number
  readonly kills: number
  readonly faults: Readonly<Record<string, number>>
  /** By kind of fault, how long after its end the whole way worked. */
  readonly recovery: Readonly<Record<string, Recovery>>
  readonly account: Account
  readonly accidents: readonly string[]
  readonly leftOut: readonly string[]
  readonly leftUndone: number
  readonly drainedAfterMs: number
  readonly plan: readonly Planned[]
}

export interface Recovery {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export function reportOf(options: CampaignOptions, outcome: Outcome, now: Date = new Date()): Report {
  const { account, struck, kills, accidents, leftOut, leftUndone, drainedAfterMs, plan } = outcome
  const counts = Object.values(account.commands)
  return {
    command: commandOf(options),
    date: now.toISOString(),
    machine: `${availableParallelism()} cores, Node ${process.versions.node}`,
    clean: isClean(account),
    answered: counts.reduce((sum, { answered }) => sum + answered, 0),
    uncertain: counts.reduce((sum, { uncertain }) => sum + uncertain, 0),
    kills,
    faults: Object.fromEntries([...Map.groupBy(struck, ({ fault }) => fault)].map(([name, own]) => [name, own.length])),
    recovery: recoveriesOf(outcome),
    account,
    accidents,
    leftOut,
    leftUndone,
    drainedAfterMs: Math.round(drainedAfterMs),
    plan,
  }
}

export function commandOf({ broker, database, minutes, seed, instances }: CampaignOptions): string {
  const many = instances > 1 ? ` --instances ${instances}` : ''
  return `npm run campaign -- --broker ${broker} --database ${database} --minutes ${minutes} --seed ${seed}${many}`
}

export function summary(report: Report): string {
  const { account, answered, uncertain, kills } = report
  const { mails } = account
  return [
    report.command,
    `${report.clean ? 'clean' : 'NOT CLEAN'}: ${answered} commands answered, ${uncertain} without an answer; ${kills} kills`,
    ...faultyKinds.map((name) => verdict(name, account[name])),
    `mails: ${mails.sent} sent, ${mails.copies} copies, ${mails.uncertain} counted as uncertain; lines printed again: ${account.printedAgain}`,
    'again after:',
    ...Object.entries(report.recovery).map(([name, one]) => `  ${name.padEnd(32)} ${recoveryText(one)}`),
    `worked off after ${duration(report.drainedAfterMs)}; faults that did not begin in time: ${report.leftUndone}`,
    ...report.accidents.map((text) => `ended by itself: ${text}`),
    ...report.leftOut.map((text) => `left out: ${text}`),
  ].join('\n')
}

/** Of what was answered, at most so much of a kind is lost, with a certainty of 95 %, when none was found. */
export const boundOf = (answered: number): number => 3 / answered

const shown = 20

function verdict(name: string, found: readonly string[]): string {
  const lines = found.slice(0, shown).map((text) => `\n    ${text}`)
  return `  ${name.padEnd(10)} ${found.length}${lines.join('')}${found.length > shown ? '\n    …' : ''}`
}

const recoveryText = ({ count, p50Ms, p99Ms, maxMs }: Recovery): string =>
  `${String(count).padStart(4)} times: p50 ${duration(p50Ms)}, p99 ${duration(p99Ms)}, at most ${duration(maxMs)}`

/** The last faults may have none that was asked after them. */
function recoveriesOf({ struck, trips }: Outcome): Report['recovery'] {
  return Object.fromEntries(
    [...Map.groupBy(struck, ({ fault }) => fault)].map(([name, own]) => {
      const times = own.flatMap(({ endedAt }) => recoveredAfterMs(trips, endedAt) ?? [])
      return [
        name,
        {
          count: times.length,
          p50Ms: percentile(times, 50),
          p99Ms: percentile(times, 99),
          maxMs: percentile(times, 100),
        },
      ]
    }),
  )
}
