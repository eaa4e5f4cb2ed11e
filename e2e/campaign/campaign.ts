/** One campaign: load and faults for its time, then everything is healed, worked off, and compared with the ledger. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from './account.ts'
import { type Ground, openGround } from './ground.ts'
import { type Command, openLedger } from './ledger.ts'
import { liveOn, standardCrowd } from './load.ts'
import { accountNow, lookMs, quietMs, untilEachAnswered } from './looks.ts'
import type { CampaignOptions } from './options.ts'
import { drawPlan, type Planned, without } from './plan.ts'
import { probe, type Trip } from './probes.ts'
import { settle } from './settle.ts'
import { type Strike, type Struck, strike } from './strike.ts'
import type { TargetNames } from './targets.ts'
import { brokenOffBy, killsBy } from './toll.ts'

export interface Outcome {
  readonly plan: readonly Planned[]
  readonly struck: readonly Struck[]
  readonly trips: readonly Trip[]
  readonly account: Account
  /** Of services at random and at crash points, of brokers and of databases. */
  readonly kills: number
  /** Services that ended by themselves, and were started again. */
  readonly accidents: readonly string[]
  readonly leftOut: readonly string[]
  /** Faults of the plan whose targets had not come back in time from the ones before. */
  readonly leftUndone: number
  /** From the end of the load until nothing was late. */
  readonly drainedAfterMs: number
}

/** Before the first fault. */
const firstWayMs = 240_000

/** Leaves nothing behind, however it ends; at the signal it ends early, and rejects. `say` is told where it stands. */
export async function runCampaign(
  options: CampaignOptions,
  say: (text: string) => void,
  signal?: AbortSignal,
): Promise<Outcome> {
  say('everything is started')
  await using ground = await openGround(options)
  const plan = without(drawPlan(options.seed, options.minutes, namesOf(ground)), ground.lacking)
  const ended = new AbortController()
  const interrupted = new Promise<never>((_, reject) => {
    function stop(): void {
      ended.abort()
      reject(new Error('the campaign was interrupted'))
    }
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop, { once: true })
  })
  interrupted.catch(() => {})
  return await Promise.race([conduct(ground, plan, options, say, ended), interrupted])
}

async function conduct(
  ground: Ground,
  plan: readonly Planned[],
  { minutes, patienceSeconds }: CampaignOptions,
  say: (text: string) => void,
  ended: AbortController,
): Promise<Outcome> {
  const ledger = openLedger()
  const patienceMs = 1000 * patienceSeconds
  const over = new AbortController()
  const surprises: string[] = []
  const surprised = (text: string) => void surprises.push(text)
  const load = { backend: ground, ledger, over: AbortSignal.any([over.signal, ended.signal]), surprised }
  const trips: Trip[] = []
  const gone = Promise.withResolvers<void>()
  const living = Promise.all([
    liveOn(load, standardCrowd),
    probe(load, (trip) => {
      trips.push(trip)
      gone.resolve()
    }),
  ])
  say('everything runs, the whole way is gone once')
  await Promise.race([gone.promise, living, neverGone(ground, ended.signal)])
  const striking = strike(plan, ground.targets, 60_000 * minutes, ended.signal)
  striking.done.catch(() => {}) // it is awaited below, unless the load ends with an error before
  const told = tellProgress(ledger.commands, striking, minutes, say)
  try {
    const lasting = sleep(60_000 * minutes, undefined, { signal: ended.signal }).catch(() => {})
    await Promise.race([Promise.all([striking.done, lasting]), living])
    await Promise.race([untilEachAnswered(ledger.commands, patienceMs, ended.signal), living])
    over.abort()
    await Promise.all([striking.done, living])
  } finally {
    clearInterval(told)
    over.abort()
  }
  const endedAt = performance.now()
  const { instances } = ground
  await Promise.all(instances.map((one) => one.untilReady()))
  const look = () =>
    accountNow(ground, ledger.commands, {
      brokenOff: brokenOffBy(striking.struck, instances),
      kills: killsBy(striking.struck, instances),
      surprises,
    })
  const { account, drainedAt } = await settle({ look, patienceMs, lookMs, quietMs, say, signal: ended.signal })
  return {
    plan,
    struck: striking.struck,
    trips,
    account,
    kills: killsBy(striking.struck, instances),
    accidents: instances.flatMap(({ accidents }) => accidents),
    leftOut: ground.leftOut,
    leftUndone: striking.leftUndone(),
    drainedAfterMs: drainedAt - endedAt,
  }
}

/** Rejects when the whole way is not gone once in a time that is enough for any machine: then nothing would ever be found. */
async function neverGone({ instances }: Ground, signal: AbortSignal): Promise<never> {
  await sleep(firstWayMs, undefined, { signal, ref: false })
  const said = instances.flatMap((one) =>
    one
      .said()
      .slice(-3)
      .map((text) => `${one.name}: ${text}`),
  )
  throw new Error(`nobody went the whole way in ${firstWayMs / 1000} s; last said:\n${said.join('\n')}`)
}

function tellProgress(
  commands: readonly Command[],
  striking: Strike,
  minutes: number,
  say: (text: string) => void,
): NodeJS.Timeout {
  const startedAt = performance.now()
  return setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    const answered = commands.filter(({ answeredAt }) => answeredAt !== undefined).length
    const on = striking.now().join(', ') || 'no fault'
    say(`${seconds} of ${60 * minutes} s: ${answered} answered, ${striking.struck.length} faults over, now ${on}`)
  }, 500)
}

function namesOf({ targets }: Ground): TargetNames {
  const { services, brokers, databases, links, disks } = targets
  const names = (map: ReadonlyMap<string, unknown>) => [...map.keys()]
  return {
    services: names(services),
    brokers: names(brokers),
    databases: names(databases),
    links: names(links),
    disks: names(disks),
  }
}
