/** Connections that are reset while a password is proven: the process lives, and delivers when they hold. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeCertificate } from '../../services/mailer/certificates.fixture.ts'
import { privateKafka } from '../../tools/brokers/kafka.ts'
import { openTcpProxy } from '../../tools/brokers/tcp-proxy.ts'
import { openKafkaTransport } from './index.ts'
import { until } from './publish-faults.fixture.ts'

const group = { topic: 'resets', name: 'readers', order: 'key', concurrency: 4 } as const

test('connections that are reset while a password is proven end nothing', { timeout: 180_000 }, async () => {
  await using all = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-resets-'))
  all.defer(() => rm(folder, { recursive: true }))
  const tls = await makeCertificate('localhost')
  const ca = join(folder, 'ca.pem')
  await writeFile(ca, tls.cert)
  const node = all.use(await privateKafka({ tls, users: { anna: 'secret' } }))
  const proxy = all.use(await openTcpProxy(node.saslPort ?? 0))
  // Each new link gets a little further: through TLS, the handshake, and every step of SCRAM.
  const stepping = setInterval(() => proxy.cutAfter(400 + ((proxy.opened() * 97) % 5000)), 5)
  all.defer(() => clearInterval(stepping))
  proxy.cutAfter(400)
  const url = `kafkas://anna:secret@localhost:${proxy.port}?ca=${ca}`
  const transports = await Promise.all(Array.from({ length: 8 }, () => openKafkaTransport(url)))
  for (const transport of transports) all.defer(() => transport.close())
  await until('many resets', () => proxy.opened() > 60)
  clearInterval(stepping)
  proxy.cutAfter(undefined)
  proxy.cut()

  await until('all to be ready', () => transports.every((transport) => transport.health().ready))
  const [transport] = transports
  assert.ok(transport)
  const read = Promise.withResolvers<string>()
  await transport.ensure({ topics: [{ name: group.topic, partitions: 2 }], groups: [group] })
  await transport.subscribe(group, async ({ id }) => read.resolve(id))
  await transport.publish([{ id: 'm1', topic: group.topic, key: 'k', headers: {}, body: Buffer.from('{}') }])
  assert.equal(await read.promise, 'm1')
})
