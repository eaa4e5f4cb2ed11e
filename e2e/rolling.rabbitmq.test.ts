/** A rolling restart on RabbitMQ and PostgreSQL: two instances of every service, under load, are restarted in turn. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGround } from './campaign/ground.ts'
import type { Ending, RunningInstance } from './campaign/instances.ts'
import { openLedger } from './campaign/ledger.ts'
import { liveOn } from './campaign/load.ts'
import { accountNow, lookMs, quietMs, untilEachAnswered } from './campaign/looks.ts'
import { settle } from './campaign/settle.ts'
import { assertClean, longerCampaignMs } from './campaign/short.ts'

/** Few people: who waits, waits for what is restarted and not for the machine. */
const crowd = { renters: 2, forgetful: 2, careful: 1 }
/** Who asks again waits for the second that the answers name. */
const pauseMs = 1_000
const patienceMs = 100_000
/** So long a service ends what it is at; on a machine with much else to do that may be too short, and is like a kill. */
const inTimeMs = 4_000
const mostRounds = 3

test('while all are restarted in turn, each command takes effect once, and whoever asks twice is answered', {
  timeout: longerCampaignMs,
}, async (t) => {
  await using ground = await openGround({ broker: 'amqp', database: 'postgres', instances: 2 })
  const ledger = openLedger()
  const surprises: string[] = []
  const surprised = (text: string) => void surprises.push(text)
  const twice: string[] = []
  const downAgain = (text: string) => void twice.push(text)
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, t.signal])
  const load = { backend: ground, ledger, over: signal, surprised, downAgain, pauseMs }
  const living = liveOn(load, crowd)

  /** Again while someone was refused twice: what a restart does, it does each time; what the machine does, it does not. */
  async function roll(): Promise<readonly Round[]> {
    await untilEachAnswered(ledger.commands, patienceMs, t.signal)
    const rounds: Round[] = []
    while (rounds.length < mostRounds && !rounds.some(wasSmooth)) {
      const before = twice.length
      const restarted = await restartAll(ground.instances.filter(({ service }) => service !== 'mailbox'))
      rounds.push({ restarted, refused: twice.slice(before) })
    }
    return rounds
  }
  const rolling = roll()
  try {
    await Promise.race([rolling, living])
  } finally {
    over.abort()
  }
  await living

  const rounds = await rolling
  const restarted = rounds.flatMap((round) => round.restarted)
  const lateOnes = (name: string) => restarted.filter((one) => one.service === name && isLate(one)).length
  const befell = { brokenOff: lateOnes('gateway'), kills: restarted.length, surprises }
  const look = () => accountNow(ground, ledger.commands, befell)
  const { account } = await settle({ look, patienceMs, lookMs, quietMs, say: () => {}, signal: t.signal })
  t.diagnostic(JSON.stringify({ commands: account.commands, rounds }))
  assertClean(account)
  if (lateOnes('mailer') === 0) assert.deepEqual([account.mails.copies, account.mails.uncertain], [0, 0])
  assert.ok(rounds.some(wasSmooth), JSON.stringify(rounds, undefined, 1))
})

interface Round {
  readonly restarted: readonly Restarted[]
  /** Of each command for which something was down twice in a row. */
  readonly refused: readonly string[]
}

type Restarted = Ending & Pick<RunningInstance, 'service'>

/** Nobody was refused twice, or something had to be killed and whoever was refused may have been so by that. */
const wasSmooth = ({ restarted, refused }: Round): boolean => refused.length === 0 || restarted.some(isLate)

const isLate = ({ tookMs }: Ending): boolean => tookMs >= inTimeMs

/** All services at once, each with one instance after the other. */
async function restartAll(instances: readonly RunningInstance[]): Promise<readonly Restarted[]> {
  const lanes = [...Map.groupBy(instances, ({ service }) => service).values()]
  return (await Promise.all(lanes.map(restartInTurn))).flat()
}

async function restartInTurn(instances: readonly RunningInstance[]): Promise<readonly Restarted[]> {
  const restarted: Restarted[] = []
  for (const one of instances) {
    const ending = await one.restart()
    if (!isLate(ending)) assert.equal(ending.code, 0, `${one.name}: ${one.said().join('\n')}`)
    restarted.push({ service: one.service, ...ending })
  }
  return restarted
}
