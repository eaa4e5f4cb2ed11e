/** Opening: what is refused at once, what is waited for, TLS, and rights that are missing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '@vestnik/bus/errors'
import { makeCertificate } from '../../services/mailer/certificates.fixture.ts'
import { privateRabbit, sharedRabbit } from '../../tools/brokers/rabbitmq.ts'
import { openTcpProxy } from '../../tools/brokers/tcp-proxy.ts'
import { openRabbitTransport } from './index.ts'
import { openMember, until } from './member.fixture.ts'

test('refused credentials are told at once, without the password', async () => {
  await using broker = await sharedRabbit()
  const url = new URL(broker.url)
  url.password = 'wrong-secret'
  await assert.rejects(openRabbitTransport(url.href), (error) => {
    assert.ok(hasCode(error, 'BROKER_REFUSED'), String(error))
    assert.doesNotMatch(error.message, /secret/)
    return true
  })
})

test('where nobody answers it opens all the same, says why, and works when somebody does', async () => {
  await using node = await privateRabbit()
  await using proxy = await openTcpProxy(node.port)
  proxy.refuse(true)
  await using member = await openMember(`amqp://guest:guest@127.0.0.1:${proxy.port}`)
  const { ready, reason } = member.transport.health()
  assert.equal(ready, false)
  assert.match(reason ?? '', /127\.0\.0\.1/)
  proxy.refuse(false)
  const group = await member.group()
  await member.publish(group, 'm', 4)
  assert.equal(member.transport.health().ready, true)
})

test('a virtual host that is made later is found', { timeout: 60_000 }, async () => {
  await using node = await privateRabbit()
  await using member = await openMember(`${node.url}/later%2Fon`)
  assert.equal(member.transport.health().ready, false)
  await node.control('add_vhost', 'later/on')
  await node.control('set_permissions', '-p', 'later/on', 'guest', '.*', '.*', '.*')
  await until(() => member.transport.health().ready)
})

test('TLS is verified: a certificate that nobody vouches for is refused, a trusted one is used', async () => {
  const certificate = await makeCertificate('localhost')
  await using node = await privateRabbit({ tls: certificate })
  const url = `amqps://guest:guest@localhost:${node.tlsPort}`
  await assert.rejects(openRabbitTransport(url), (error) => hasCode(error, 'BROKER_REFUSED'))
  const { cert } = await makeCertificate('localhost')
  await assert.rejects(openRabbitTransport(url, { tls: { ca: cert } }), (error) => hasCode(error, 'BROKER_REFUSED'))
  const elsewhere = `amqps://guest:guest@127.0.0.1:${node.tlsPort}`
  const tls = { ca: certificate.cert }
  await assert.rejects(openRabbitTransport(elsewhere, { tls }), (error) => hasCode(error, 'BROKER_REFUSED'))
  await using member = await openMember(url, { tls })
  const group = await member.group()
  const handled = await member.read(group)
  await member.publish(group, 'm', 4)
  await until(() => handled.size === 4)
})

test("a right that is missing is told with the server's own words", { timeout: 180_000 }, async () => {
  await using node = await privateRabbit()
  await node.control('add_user', 'reader', 'reader-secret')
  await node.control('set_permissions', 'reader', '^$', '^$', '.*')
  await using member = await openMember(node.url.replace('guest:guest', 'reader:reader-secret'))
  await assert.rejects(member.group(), (error) => {
    assert.ok(hasCode(error, 'BROKER_REFUSED'), String(error))
    assert.match(error.message, /ACCESS_REFUSED/)
    return true
  })
})
