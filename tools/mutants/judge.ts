/** Judges a list of mutants: each is sound, its tests pass without it, and fail with it. */
import { sharePostgres } from '../databases/postgres.ts'
import type { Mutant } from './mutant.ts'
import { faultOf, runMutant, runUnchanged, type Verdict } from './run.ts'

export interface Judgement {
  readonly mutant: Mutant
  readonly end: Verdict['end'] | 'unsound'
  /** The test that noticed, or what is wrong. */
  readonly why: string
  readonly seconds: number
}

/** Two at a time: the mutants are many, and so are some of their tests' processes. */
const atOnce = 2
/** No tests of a mutant may take longer on the program as it is. */
const unchangedLimitMs = 120_000

/** Tells each mutant's end as it comes; resolves when all have ended. */
export async function judge(mutants: readonly Mutant[], tell: (judgement: Judgement) => void): Promise<void> {
  await using _ = mutants.some(needServer) ? await sharePostgres() : undefined
  const waiting = [...mutants]
  const unchanged = rememberUnchanged()
  const lane = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      tell({ mutant, ...(await judgeOne(mutant, unchanged)) })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

/** One server for all of them, and in it a database for each test. */
const needServer = ({ tests }: Mutant): boolean => tests.some((path) => path.endsWith('.postgres.test.ts'))

async function judgeOne(
  mutant: Mutant,
  unchanged: (mutant: Mutant) => Promise<Verdict>,
): Promise<Omit<Judgement, 'mutant'>> {
  const fault = faultOf(mutant)
  if (fault !== undefined) return { end: 'unsound', why: fault, seconds: 0 }
  const before = await unchanged(mutant)
  if (before.end !== 'survived') {
    return { end: 'unsound', why: `its tests fail without it: ${before.by ?? before.end}`, seconds: before.seconds }
  }
  const { end, by, seconds } = await runMutant(mutant, 10_000 + 4_000 * before.seconds)
  const why = end === 'timeout' ? 'a test that never ended' : end === 'killed' ? (by ?? '') : 'no test noticed'
  return { end, why, seconds }
}

/** Mutants that share their tests share the run without a change. */
function rememberUnchanged(): (mutant: Mutant) => Promise<Verdict> {
  const known = new Map<string, Promise<Verdict>>()
  return ({ tests, only }) => {
    const key = JSON.stringify([tests, only])
    const verdict = known.get(key) ?? runUnchanged({ tests, ...(only !== undefined && { only }) }, unchangedLimitMs)
    known.set(key, verdict)
    return verdict
  }
}
