/**
 * Beside an existing film service and an existing mail sender on Kafka, which know nothing of ours: our mailer takes the
 * place of the one, and our services that of the other.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { films, rentals, users } from '@vestnik/api'
import { Kafka, logLevel } from 'kafkajs'
import PostalMime from 'postal-mime'
import { surroundings } from '../services/mailer/mailer-process.fixture.ts'
import { startServer, type TestServer } from '../services/mailer/smtp-server.fixture.ts'
import { privateKafka } from '../tools/brokers/kafka.ts'
import { ask } from '../tools/client/ask.ts'
import { pythonWithAiokafka } from './peers/aiokafka.ts'
import { type Peer, runPeer } from './peers/run-peer.ts'
import { signIn } from './person.ts'
import { startSystem } from './system.ts'
import { until } from './until.ts'

const python = pythonWithAiokafka()
const broker = await privateKafka()
after(() => broker[Symbol.asyncDispose]())
const brokers = broker.brokers.join(',')

type Code = readonly [email: string, code: string]

const anna = 'anna@example.org'
const body = (email: unknown, code: unknown) => JSON.stringify({ email, code })

/** What a mail sender must not fall for, and why. */
const hostile: readonly (readonly [body: string | null, reason: string])[] = [
  ['hello', 'not JSON'],
  ['{"email":"anna@example.org","co', 'not JSON'],
  [null, 'not JSON'],
  [body('anna@example.org,boris@example.org', '123456'), 'wrong schema'],
  [body('anna@example.org\r\nBcc: boris@example.org', '123456'), 'wrong schema'],
  [body(anna, '1'.repeat(10_000)), 'wrong schema'],
]

test('our mailer takes the place of an existing mail sender, what was sent before its first start included', {
  timeout: 240_000,
}, async (t) => {
  const topic = await makeTopic()
  const existing = runPeer(t, 'mail-sender', () => [brokers, topic])
  const done = codes('before', 5)
  await sendFromPython(topic, done)
  await until('the existing one has mailed them', () => printedBy(existing).length === done.length, 60_000)
  await until('its group knows that', async () => (await unreadOf(topic)) === 0, 60_000)
  await existing.stop()

  const early = codes('early', 20)
  await sendFromPython(topic, early.slice(0, 10))
  await sendAsTheyAre(
    topic,
    hostile.map(([value]) => value),
  )
  await sendFromPython(topic, early.slice(10))

  const server = await startServer(t, { onAuth: (_asked, _session, done) => done(null, { user: 'films' }) })
  const { start, dead, folder } = await surroundings(t, server)
  const environment = { KAFKA_BROKERS: brokers, KAFKA_TOPIC: topic, DATABASE_URL: '' }
  const mailer = await start(environment)
  const late = codes('late', 10)
  await sendFromPython(topic, late)
  await mailed(server, [...early, ...late])
  const letters = await dead(hostile.length)
  assert.deepEqual(letters.map(({ reason }) => reason).toSorted(), hostile.map(([, reason]) => reason).toSorted())

  // Else a mail that is out and not marked yet would go out again.
  await until('all are marked', () => doneIn(folder) === early.length + late.length, 60_000)
  mailer.signal('SIGKILL')
  await mailer.ended
  const last = codes('last', 5)
  await sendFromPython(topic, last)
  await start(environment)
  await mailed(server, [...early, ...late, ...last])
})

test('our services feed an existing mail sender, over the broker that it reads', { timeout: 240_000 }, async (t) => {
  const topic = await makeTopic()
  const system = await startSystem(t, {
    SERVICES: 'gateway,users,films',
    MESSAGE_BROKER_ROUTES: `mail.*=${broker.url}`,
    MESSAGE_BROKER_TOPIC_NAMES: `mail.sendCode=${topic}`,
    MAIL_CODE_PLAIN: 'yes',
  })
  const { url } = system
  const credentials = { email: anna, password: 'correct horse battery' }
  await ask(url, users.signUp, { body: credentials })
  const existing = runPeer(t, 'mail-sender', () => [brokers, topic])
  const nextCode = async (nth: number): Promise<string> => {
    await until(
      `code ${nth} is mailed`,
      () => printedBy(existing).length >= nth,
      60_000,
      () => system.lines.slice(-20),
    )
    return printedBy(existing)[nth - 1]?.code ?? ''
  }
  await ask(url, users.confirmAddress, { body: { email: anna, code: await nextCode(1) } })
  const token = await signIn(url, credentials)
  const film = (await ask(url, films.listFilms, {})).items[0]
  const { id } = await ask(url, rentals.rentFilm, { params: { id: film?.id ?? 0 }, token })
  await ask(url, rentals.confirmRental, { params: { id }, body: { code: await nextCode(2) }, token })
  for (const printed of printedBy(existing)) {
    const found = JSON.parse(printed.body) as Record<string, unknown>
    assert.deepEqual(Object.keys(found).toSorted(), ['code', 'email'])
    assert.equal(found.email, anna)
    assert.match(String(found.code), /^[0-9]{6}$/)
  }
  assert.equal(printedBy(existing).length, 2)
})

const kafka = new Kafka({ clientId: 'operator', brokers: [...broker.brokers], logLevel: logLevel.NOTHING })

/** As whoever runs the existing services made it: with partitions of its own. */
async function makeTopic(): Promise<string> {
  const topic = `mails-${randomUUID()}`
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }] })
  await admin.disconnect()
  return topic
}

/** How many messages of the topic the mail sender's group has not done with. */
async function unreadOf(topic: string): Promise<number> {
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  const [marks] = await admin.fetchOffsets({ groupId: 'mail-group', topics: [topic] })
  await admin.disconnect()
  const markOf = (partition: number) =>
    Number(marks?.partitions.find((one) => one.partition === partition)?.offset ?? 0)
  return ends.reduce((sum, { partition, offset }) => sum + Number(offset) - Math.max(0, markOf(partition)), 0)
}

async function sendAsTheyAre(topic: string, values: readonly (string | null)[]): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic, messages: values.map((value) => ({ value })) })
  await producer.disconnect()
}

/** Resolves when the broker has all of them. */
async function sendFromPython(topic: string, sent: readonly Code[]): Promise<void> {
  const file = join(import.meta.dirname, 'peers', 'film_service.py')
  const child = spawn(python, [file, brokers, topic], { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(sent.map((pair) => `${pair.join(' ')}\n`).join(''))
  const [said, failed, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  assert.equal(code, 0, failed)
  assert.deepEqual(
    said.trim().split('\n'),
    sent.map(([email, digits]) => `sent {"email": "${email}", "code": "${digits}"}`),
  )
}

/** Waits until each was mailed, and nothing else was. */
async function mailed(server: TestServer, expected: readonly Code[]): Promise<void> {
  await until(
    'all are mailed',
    () => server.mails.length >= expected.length,
    90_000,
    () => server.mails.length,
  )
  const found = await Promise.all(
    server.mails.map(async ({ to, bytes }) => `${to.join()} ${(await PostalMime.parse(bytes)).text?.trim()}`),
  )
  assert.deepEqual(found.toSorted(), expected.map(([email, code]) => `${email} Ваш код: ${code}`).toSorted())
}

function doneIn(folder: string): number {
  using database = new DatabaseSync(join(folder, 'mailer.db'), { readOnly: true, timeout: 2000 })
  return Number(database.prepare("SELECT count(*) AS n FROM vestnik_inbox WHERE state = 'done'").get()?.n)
}

function codes(of: string, count: number): readonly Code[] {
  return Array.from({ length: count }, (_, i) => [`${of}-${i}@example.org`, String(100_000 + i)] as const)
}

function printedBy({
  lines,
}: Peer): readonly { readonly body: string; readonly email: string; readonly code: string }[] {
  return lines.map((line) => JSON.parse(line))
}
