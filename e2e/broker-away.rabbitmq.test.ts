/** Services start while RabbitMQ is away, and answer; only credentials that it refuses end the start. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, type TestContext, test } from 'node:test'
import { users } from '@vestnik/api'
import { exitHopeless } from '@vestnik/service/exit'
import { privateRabbit } from '../tools/brokers/rabbitmq.ts'
import { ask } from '../tools/client/ask.ts'
import { signIn, tryLogins } from './person.ts'
import { startSystem } from './system.ts'
import { until } from './until.ts'

const broker = await privateRabbit()
after(() => broker[Symbol.asyncDispose]())

test('a service whose user is refused ends with a sentence that has no password in it', {
  timeout: 120_000,
}, async (t) => {
  const url = new URL(broker.url)
  url.username = 'stranger'
  url.password = 'hunter2'
  const { code, said } = await runGateway(t, url.href)
  assert.equal(code, exitHopeless, said)
  assert.match(
    said,
    /gateway cannot start: open RabbitMQ: amqp:\/\/127\.0\.0\.1:\d+ cannot be reached: .*ACCESS_REFUSED/,
  )
  assert.ok(!said.includes('hunter2'))
})

test('people sign up and sign in while RabbitMQ is away, and what they wait for comes when it is there', {
  timeout: 240_000,
}, async (t) => {
  await broker.shutDown()
  const { url, urls, mailbox } = await startSystem(t, { MESSAGE_BROKER_URL: broker.url })
  const ready = (await (await fetch(`${urls.users}/readyz`)).json()) as Ready
  assert.deepEqual([ready.status, ready.parts.broker.ready], ['ready', false])
  assert.match(ready.parts.broker.reason, /cannot be reached: .*ECONNREFUSED/)

  const anna = { email: 'anna@example.org', password: 'correct horse battery' }
  await ask(url, users.signUp, { body: anna })
  await broker.start()
  const { code } = await mailbox.nextCode(anna.email, 60_000)
  await ask(url, users.confirmAddress, { body: { email: anna.email, code } })
  await broker.kill()
  const token = await signIn(url, anna)
  await broker.start()
  await until('the sign-in is listed', async () => (await tryLogins(url, token))?.length === 1, 60_000)
})

interface Ready {
  readonly status: string
  readonly parts: { readonly broker: { readonly ready: boolean; readonly reason: string } }
}

async function runGateway(
  t: TestContext,
  brokerUrl: string,
): Promise<{ readonly code: number; readonly said: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-away-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(import.meta.dirname, '..', 'services', 'gateway', 'main.ts')
  const env = { PATH: process.env.PATH ?? '', DATA_DIR: folder, MESSAGE_BROKER_URL: brokerUrl }
  const child = spawn(process.execPath, [file], { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  return { code, said }
}
