/** A rolling restart on RabbitMQ and PostgreSQL: two instances of every service, under load, are restarted in turn. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGround } from './campaign/ground.ts'
import type { RunningInstance } from './campaign/instances.ts'
import { openLedger } from './campaign/ledger.ts'
import { liveOn } from './campaign/load.ts'
import { accountNow, lookMs, quietMs, untilEachAnswered } from './campaign/looks.ts'
import { settle } from './campaign/settle.ts'
import { assertClean, longerCampaignMs } from './campaign/short.ts'

/** Few people: who waits, waits for what is restarted and not for the machine. */
const crowd = { renters: 2, forgetful: 2, careful: 1 }
/** It asks again after the second that the answers name, and is surprised when that is not enough. */
const client = { retries: 1, pauseMs: 1_000 }
const patienceMs = 100_000

test('while all are restarted in turn, each command takes effect once, and whoever asks twice is answered', {
  timeout: longerCampaignMs,
}, async (t) => {
  await using ground = await openGround({ broker: 'amqp', database: 'postgres', instances: 2 })
  const ledger = openLedger()
  const surprises: string[] = []
  const surprised = (text: string) => void surprises.push(text)
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, t.signal])
  const living = liveOn({ backend: ground, ledger, over: signal, surprised, ...client }, crowd)

  const restarted = ground.instances.filter(({ service }) => service !== 'mailbox')
  async function roll(): Promise<void> {
    await untilEachAnswered(ledger.commands, patienceMs, t.signal)
    // All services at once, each with one instance after the other.
    const lanes = Map.groupBy(restarted, ({ service }) => service).values()
    await Promise.all([...lanes].map(restartInTurn))
  }
  try {
    await Promise.race([roll(), living])
  } finally {
    over.abort()
  }
  await living

  const befell = { brokenOff: 0, kills: restarted.length, surprises }
  const look = () => accountNow(ground, ledger.commands, befell)
  const { account } = await settle({ look, patienceMs, lookMs, quietMs, say: () => {}, signal: t.signal })
  t.diagnostic(JSON.stringify(account.commands))
  assertClean(account)
  assert.deepEqual(account.mails, { sent: account.mails.sent, copies: 0, uncertain: 0 })
})

async function restartInTurn(instances: readonly RunningInstance[]): Promise<void> {
  for (const one of instances) assert.equal(await one.restart(), 0, `${one.name}: ${one.said().join('\n')}`)
}
