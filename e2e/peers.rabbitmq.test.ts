/**
 * Beside an existing user service and an existing gateway, which know nothing of ours: either of ours takes the place of
 * its counterpart on the plain queue that is there, through kills of the broker.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { sessions } from '@vestnik/api'
import type { UserLoggedIn } from '@vestnik/contracts'
import { connect } from 'amqplib'
import { privateRabbit, type RabbitNode } from '../tools/brokers/rabbitmq.ts'
import { ask } from '../tools/client/ask.ts'
import { signUp } from '../tools/client/person.ts'
import { committedLogins } from './committed-logins.ts'
import { type Peer, runPeer } from './peers/run-peer.ts'
import { insist, lineOf, signIn, tryLogins } from './person.ts'
import { type System, startSystem } from './system.ts'
import { until } from './until.ts'

const queue = 'user.loggedIn'
const anna = { email: 'anna@example.org', password: 'correct horse battery' }
/** Ids count from 1: the first who signs up has this one. */
const annasId = 1
const kills = 3

/** Each life of the program has its own days, so that no two sign-ins are alike. */
const dayOf = (life: number): string => new Date(Date.UTC(2026, 0, life, 15, 32, 26, 486)).toISOString()

/** Bodies that are no sign-ins, and why. */
const strange: readonly (readonly [body: string, reason: string])[] = [
  ['', 'not JSON'],
  ['hello', 'not JSON'],
  ['{"userId":1,', 'not JSON'],
  ['\xff\xfe', 'not JSON'],
  ['[]', 'wrong schema'],
  ['null', 'wrong schema'],
  ['{"userId":"1","timestamp":"2026-01-17T15:32:26.486Z"}', 'wrong schema'],
  ['{"userId":1,"timestamp":"yesterday"}', 'wrong schema'],
]

const variables = ({ url }: RabbitNode) => ({ MESSAGE_BROKER_URL: url, MESSAGE_BROKER_PLAIN_QUEUES: queue })

test('our gateway takes the place of an existing one, what waited for it and what makes no sense included', {
  timeout: 420_000,
}, async (t) => {
  await using broker = await privateRabbit()
  const peer = runPeer(t, 'user-service', (life) => [broker.url, String(annasId), dayOf(life)])
  await until('sign-ins wait in the queue', () => sentBy(peer, 'sent').length >= 50, 60_000)
  await restart(broker, peer)

  const system = await startSystem(t, { ...variables(broker), RATE_LIMITS: 'off' })
  assert.equal(await signUp(system, anna), annasId)
  const token = await signIn(system.url, anna)
  for (let kill = 1; kill < kills; kill += 1) {
    await restart(broker, peer)
    system.signal('gateway', 'SIGKILL')
    await sendAsTheyAre(broker.url, kill === 1 ? strange.map(([body]) => body) : [])
    await insist(() => ask(system.url, sessions.signIn, { body: anna }))
    const sent = sentBy(peer, 'sent').length
    await until('the other service goes on', () => sentBy(peer, 'sent').length > sent + 20, 60_000)
  }
  await peer.stop()
  await sendAsTheyAre(broker.url, sentBy(peer, 'sent').slice(0, 10))

  const listed = await allListed(system, token, peer)
  await until('all are printed', () => new Set(system.printed()).size >= listed.length, 60_000)
  assert.deepEqual([...new Set(system.printed())].toSorted(), listed.map(lineOf).toSorted())
  await until('nothing is left in the queue', async () => (await countIn(broker)) === 0, 60_000)
  assert.deepEqual(deadReasons(system).toSorted(), strange.map(([, reason]) => reason).toSorted())
  t.diagnostic(
    `kills of the broker: ${kills}; sent by the existing service: ${sentBy(peer, 'sent').length}, ` +
      `listed: ${listed.length}, lost: 0, doubled: 0, dead letters: ${strange.length}`,
  )
})

/** Resolves when all that was confirmed or committed is listed, each once, and nothing that nobody sent. */
async function allListed(system: System, token: string, peer: Peer): Promise<readonly UserLoggedIn[]> {
  const own = [...committedLogins(system).values()]
  assert.equal(own.length, kills, 'our own users service writes the same queue')
  const expected = [...own.map((login) => JSON.stringify(login)), ...sentBy(peer, 'sent')]
  const possible = new Set([...expected, ...sentBy(peer, 'sending')])
  let listed: readonly UserLoggedIn[] = []
  const missing = () => {
    const found = new Set(listed.map((login) => JSON.stringify(login)))
    return expected.filter((body) => !found.has(body))
  }
  const isThere = async () => {
    listed = (await tryLogins(system.url, token)) ?? []
    return missing().length === 0
  }
  await until('all are listed', isThere, 60_000, () => [missing().slice(0, 20), system.lines.slice(-20)])
  const found = listed.map((login) => JSON.stringify(login))
  assert.equal(found.length, new Set(found).size, 'none is listed twice')
  assert.deepEqual(
    found.filter((body) => !possible.has(body)),
    [],
  )
  return listed
}

test('our users service takes the place of an existing one', { timeout: 420_000 }, async (t) => {
  await using broker = await privateRabbit()
  const services = { SERVICES: 'users,films,mailer,mailbox', RATE_LIMITS: 'off' }
  const system = await startSystem(t, { ...variables(broker), ...services })
  const backend = { url: system.urls.users, mailbox: system.mailbox }
  assert.equal(await signUp(backend, anna), annasId)
  const signInOften = async (times: number) => {
    for (let i = 0; i < times; i += 1) await signIn(backend.url, anna)
  }
  // These wait for the first start of who reads them.
  await signInOften(5)
  await until('they are in the queue', async () => (await countIn(broker)) === 5, 60_000)
  await broker.kill()
  await signInOften(5)
  await broker.start()

  const peer = runPeer(t, 'gateway', () => [broker.url])
  for (let kill = 1; kill < kills; kill += 1) {
    await until('the other gateway prints', () => new Set(peer.lines).size >= committedLogins(system).size, 60_000)
    await restart(broker, peer, () => signInOften(5))
  }
  const expected = [...committedLogins(system).values()].map(lineOf)
  await until(
    'all are printed',
    () => new Set(peer.lines).size >= expected.length,
    60_000,
    () => peer.lines,
  )
  assert.deepEqual([...new Set(peer.lines)].toSorted(), expected.toSorted())
  assert.match(peer.lines[0] ?? '', /^User logged in with information: \{"userId":1,"timestamp":"[^"]+Z"\}$/)
  t.diagnostic(`kills of the broker: ${kills}; sign-ins: ${expected.length}, printed: ${peer.lines.length}, lost: 0`)
})

/** Bodies that the program was about to send, or knows to be with the broker. */
function sentBy({ lines }: Peer, what: 'sending' | 'sent'): readonly string[] {
  return lines.flatMap((line) => (line.startsWith(`${what} `) ? [line.slice(what.length + 1)] : []))
}

/** SIGKILL; resolves when broker and program are there again. */
async function restart(broker: RabbitNode, peer: Peer, meanwhile: () => Promise<void> = async () => {}): Promise<void> {
  const starts = peer.starts()
  await broker.kill()
  await meanwhile()
  await broker.start()
  const isThere = () => peer.starts() > starts
  await until('the other program is started again', isThere, 60_000)
}

/** The queue is declared as it always was: nothing of it has been changed. */
async function sendAsTheyAre(url: string, bodies: readonly string[]): Promise<void> {
  const connection = await connect(url)
  const channel = await connection.createConfirmChannel()
  await channel.assertQueue(queue, { durable: true })
  for (const body of bodies) channel.sendToQueue(queue, Buffer.from(body, 'latin1'), { persistent: true })
  await channel.waitForConfirms()
  await connection.close()
}

async function countIn({ url }: RabbitNode): Promise<number> {
  const connection = await connect(url)
  const channel = await connection.createChannel()
  const { messageCount } = await channel.checkQueue(queue)
  await connection.close()
  return messageCount
}

function deadReasons({ folder }: System): readonly string[] {
  using database = new DatabaseSync(join(folder, 'data', 'gateway.db'), { readOnly: true, timeout: 2000 })
  return database
    .prepare("SELECT reason FROM vestnik_inbox WHERE state = 'dead'")
    .all()
    .map(({ reason }) => String(reason))
}
