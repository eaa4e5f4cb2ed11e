/** TLS and SCRAM-SHA-512 at a real broker: who is trusted, who is let in, and what those are told who are not. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type BusError, hasCode } from '@vestnik/bus/errors'
import { makeCertificate } from '../../services/mailer/certificates.fixture.ts'
import { type KafkaNode, privateKafka } from '../../tools/brokers/kafka.ts'
import { openKafkaTransport } from './index.ts'

const group = { topic: 'secured', name: 'readers', order: 'key', concurrency: 4 } as const
const topology = { topics: [{ name: group.topic, partitions: 2 }], groups: [group] }
const limited = { timeout: 60_000 }
let node: KafkaNode
let folder: string
let ca: string
let otherCa: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vestnik-security-'))
  ca = join(folder, 'ca.pem')
  otherCa = join(folder, 'other.pem')
  const tls = await makeCertificate('localhost')
  await writeFile(ca, tls.cert)
  await writeFile(otherCa, (await makeCertificate('localhost')).cert)
  node = await privateKafka({ tls, users: { anna: 'p@ss:word' }, acls: true })
})

after(async () => {
  await node[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test('TLS is verified: a trusted certificate is used', limited, async () => {
  await passMessage(`kafkas://localhost:${node.tlsPort}?ca=${ca}`)
})

test(
  'TLS is verified: a certificate that nobody vouches for, or one for another name, is refused',
  limited,
  async () => {
    const { tlsPort } = node
    for (const url of [
      `kafkas://localhost:${tlsPort}`,
      `kafkas://localhost:${tlsPort}?ca=${otherCa}`,
      `kafkas://127.0.0.1:${tlsPort}?ca=${ca}`,
    ]) {
      const { message } = await refusal(url)
      assert.match(message, /^open Kafka: kafkas:\/\/(localhost|127\.0\.0\.1):\d+ cannot be reached: .*certificate/i)
    }
  },
)

test('a user is let in with the right password, which may hold any sign', limited, async () => {
  await using member = await open(secured('p@ss:word'))
  // Nobody has allowed this user anything; that is told as such.
  await assert.rejects(member.ensure(topology), (error) => hasCode(error, 'BROKER_REFUSED'))
})

test('a wrong password is told at once, in a sentence that has no password in it', limited, async () => {
  const { message } = await refusal(secured('wrong-secret'))
  assert.match(message, /^open Kafka: kafkas:\/\/localhost:\d+ cannot be reached: .*authentication/i)
  assert.doesNotMatch(message, /secret/)
})

test('a user that nobody knows is told the same', limited, async () => {
  const { message } = await refusal(secured('p@ss:word', 'stranger'))
  assert.match(message, /authentication/i)
})

const secured = (password: string, name = 'anna'): string =>
  `kafkas://${name}:${encodeURIComponent(password)}@localhost:${node.saslPort}?ca=${ca}`

async function open(url: string) {
  const transport = await openKafkaTransport(url)
  return Object.assign(transport, { [Symbol.asyncDispose]: () => transport.close() })
}

async function refusal(url: string): Promise<BusError> {
  const error = await openKafkaTransport(url).then(
    async (transport) => {
      await transport.close()
      return assert.fail(`${url} was opened`)
    },
    (error: unknown) => error,
  )
  assert.ok(hasCode(error, 'BROKER_REFUSED'), String(error))
  return error
}

async function passMessage(url: string): Promise<void> {
  await using member = await open(url)
  await member.ensure(topology)
  const read = Promise.withResolvers<string>()
  await member.subscribe(group, async ({ id }) => read.resolve(id))
  await member.publish([{ id: 'm1', topic: group.topic, key: 'k', headers: {}, body: Buffer.from('{}') }])
  assert.equal(await read.promise, 'm1')
}
