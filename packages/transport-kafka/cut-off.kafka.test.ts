/** A member that its broker does not hear, or does not answer: it gives up by itself, asks no more than it should, and can be closed. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { PublishError } from '@vestnik/bus/errors'
import { makeCertificate } from '../../services/mailer/certificates.fixture.ts'
import { type KafkaNode, privateKafka } from '../../tools/brokers/kafka.ts'
import { startLoad } from '../../tools/brokers/load.fixture.ts'
import type { TcpProxy } from '../../tools/brokers/tcp-proxy.ts'
import { openMember, until } from './faults.fixture.ts'
import { committedOf } from './groups.fixture.ts'
import { openKafkaTransport } from './index.ts'
import { shortSessions } from './laws.fixture.ts'
import { apis, watchConnects, watchRequests } from './wire.fixture.ts'

const limited = { timeout: 200_000 }
/** The broker of these tests asks for one twice a second. */
const beatMs = 500
let folder: string
let ca: string
let node: KafkaNode
let proxy: TcpProxy

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vestnik-cut-off-'))
  ca = join(folder, 'ca.pem')
  const tls = await makeCertificate('localhost')
  await writeFile(ca, tls.cert)
  node = await privateKafka({ proxied: true, tls, users: { anna: 'secret' }, config: shortSessions })
  proxy = node.proxy ?? assert.fail('it has no proxy')
})

after(async () => {
  await node[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test('who is cut off for a session ends what it has in hand by itself, and never commits it', limited, async () => {
  await using member = await openMember(`kafka://127.0.0.1:${proxy.port}`)
  const group = await member.group(1)
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  const signals: AbortSignal[] = []
  const { messages, untilRead } = await member.read(group, async ({ id }, signal) => {
    if (id !== 'a0') return
    signals.push(signal)
    await gates[signals.length === 1 ? 0 : 1].promise
  })
  await member.publish(group, 'a', 1)
  await untilRead(1)
  proxy.refuse(true)
  proxy.cut()
  await until('its end of its own', () => signals[0]?.aborted === true)
  proxy.refuse(false)
  await until('the next life', () => signals.length === 2)
  assert.equal(messages.at(-1)?.redelivered, true)
  // What the life before had in hand ends now, and is not counted by this one.
  gates[0].resolve()
  await member.publish(group, 'b', 2)
  const committed = async () => (await committedOf(node.brokers, group))[0]
  // The first of these waits behind what runs, as it has the same key.
  await until('a commit of the last one', async () => ((await committed())?.mark?.ended.length ?? 0) > 0)
  const { offset, mark } = (await committed()) ?? assert.fail()
  assert.deepEqual([offset, mark?.ended], [0, [[2, 2]]])
  gates[1].resolve()
  await until('a commit of all', async () => (await committed())?.offset === 3)
})

test(
  'heartbeats come at their pace, also of members that own nothing, and also while nobody can be reached',
  limited,
  async () => {
    const url = `kafka://127.0.0.1:${proxy.port}`
    await using member = await openMember(url)
    await using other = await openMember(url)
    const group = await member.group(1)
    using beats = watchRequests(proxy.port, apis.heartbeat)
    const beating = stopwatch()
    await Promise.all([member.read(group), other.read(group)])
    await until('24 heartbeats', () => beats.count() >= 24)
    // Twelve of each, of which some may go at once, when partitions are given to it.
    assert.ok(beating() > 6 * beatMs, `24 heartbeats of two members in ${beating()} ms`)
    using connects = watchConnects(proxy.port)
    const cut = stopwatch()
    proxy.refuse(true)
    proxy.cut()
    await until('50 attempts to connect', () => connects.count() >= 50)
    proxy.refuse(false)
    assert.ok(cut() > 500, `50 attempts to connect in ${cut()} ms`)
    await member.publish(group, 'a', 1)
  },
)

test(
  'a close ends though the broker stands still, with a message in hand and others on their way',
  limited,
  async () => {
    const member = await openMember(node.url)
    const group = await member.group(2)
    const aborted = Promise.withResolvers<void>()
    const { untilRead, subscription } = await member.read(group, (_, signal) => {
      signal.addEventListener('abort', () => aborted.resolve())
      return new Promise(() => {})
    })
    await member.publish(group, 'a', 1)
    await untilRead(1)
    node.freeze()
    try {
      const sending = member.publish(group, 'b', 10).catch((error: unknown) => error)
      await subscription.drain(AbortSignal.timeout(100))
      await aborted.promise
      await member.transport.close()
      const outcome = await sending
      assert.ok(outcome instanceof PublishError, String(outcome))
      assert.equal(outcome.doubtful.length, 10)
    } finally {
      node.thaw()
    }
  },
)

test('with TLS and a password: a broker that is killed and starts again', limited, async () => {
  const open = () => openKafkaTransport(secured(node.saslPort))
  await using load = await startLoad({ writer: open, reader: open })
  await load.untilFlowing()
  await node.kill()
  await node.start()
  await load.untilFlowing()
  await load.settle()
})

const stopwatch = () => {
  const since = performance.now()
  return () => performance.now() - since
}

const secured = (port: number | undefined) => `kafkas://anna:secret@localhost:${port}?ca=${ca}`
