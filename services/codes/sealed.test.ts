/** Codes on their way: sealed so that only the mailer's own keys open them, and refused with a reason when they were tampered with. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { BusError } from '@vestnik/bus'
import { mailSendCode } from '@vestnik/contracts'
import { CompactEncrypt, exportJWK, generateKeyPair, type JWK, UnsecuredJWT } from 'jose'
import { opener } from './open-sealed.ts'
import { type MailKey, sealer } from './seal.ts'

const email = 'anna@example.org'

async function makeKey(kid: string, crv = 'X25519'): Promise<{ readonly own: MailKey; readonly open: MailKey }> {
  const { privateKey, publicKey } = await generateKeyPair('ECDH-ES', { crv, extractable: true })
  return { own: { kid, jwk: await exportJWK(privateKey) }, open: { kid, jwk: await exportJWK(publicKey) } }
}

const one = await makeKey('one')
const other = await makeKey('other', 'P-256')
const seal = sealer(one.open)
const open = opener([other.own, one.own])

async function refused(code: string, why: RegExp, to = email): Promise<void> {
  await assert.rejects(open(code, to), (error) => {
    assert.ok(error instanceof BusError && error.code === 'PERMANENT' && error.cause === undefined)
    assert.match(error.message, why)
    assert.doesNotMatch(error.message, /123456/)
    return true
  })
}

/** A code sealed to our key, by whatever header. */
async function sealedBy(
  header: object,
  plaintext: Uint8Array = Buffer.from('123456'),
  key: JWK | Uint8Array = one.open.jwk,
) {
  return await new CompactEncrypt(plaintext)
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: 'one', ...header })
    .encrypt(key)
}

function withHeader(code: string, change: object): string {
  const [header = '', ...rest] = code.split('.')
  const read: object = JSON.parse(Buffer.from(header, 'base64url').toString())
  return [Buffer.from(JSON.stringify({ ...read, ...change })).toString('base64url'), ...rest].join('.')
}

test("each of the mailer's keys opens what was sealed to it, of either kind", async () => {
  assert.equal(await open(await seal('012345', email), email), '012345')
  assert.equal(await open(await sealer(other.open)('987654', email), email), '987654')
})

test('six digits of an existing peer, and digits that are bound to no address, are taken as they are', async () => {
  assert.equal(await open('123456', email), '123456')
  assert.equal(await open(await sealedBy({}), email), '123456')
})

test('what is sealed has one length, fits its contract, names its key and shows nothing', async () => {
  const all = await Promise.all(['000000', '123456', '999999'].map((digits) => seal(digits, email)))
  const long = await seal('123456', `${'a'.repeat(64)}@example.org`)
  assert.deepEqual([...new Set([...all, long].map(({ length }) => length))], [all[0]?.length])
  assert.notEqual(await seal('123456', email), all[1])
  for (const code of all) {
    const read = await mailSendCode.schema['~standard'].validate({ email, code })
    assert.equal(read.issues, undefined)
    const header = Buffer.from(code.split('.')[0] ?? '', 'base64url').toString()
    assert.equal(JSON.parse(header).kid, 'one')
    assert.doesNotMatch(header, /123456|anna/)
  }
})

test('a code is opened for its own address only, in any case', async () => {
  const code = await seal('123456', email)
  assert.equal(await open(code, 'Anna@Example.ORG'), '123456')
  await refused(code, /sealed for another address/, 'boris@example.org')
})

test('the address cannot be taken off a sealed code, nor another put on it', async () => {
  const code = await seal('123456', email)
  await refused(withHeader(code, { apv: undefined }), /was changed on its way/, 'boris@example.org')
  const { apv } = JSON.parse(
    Buffer.from((await seal('1', 'boris@example.org')).split('.')[0] ?? '', 'base64url').toString(),
  )
  await refused(withHeader(code, { apv }), /was changed on its way/, 'boris@example.org')
})

test("a key that is not the mailer's is named, if it has a plain name", async () => {
  await refused(
    await sealer((await makeKey('2031-b')).open)('123456', email),
    /key 2031-b is none of the mailer's keys/,
  )
  for (const kid of ['<img src=x>', 'x'.repeat(500), '', 7, null, undefined, { one: 1 }]) {
    await refused(withHeader(await seal('123456', email), { kid }), /the key that it names is none of/)
  }
})

test("another's key under a name of ours opens nothing", async () => {
  await refused(await sealer((await makeKey('one')).open)('123456', email), /was changed on its way/)
})

test('every changed part is noticed', async () => {
  const parts = (await seal('123456', email)).split('.')
  for (const i of [0, 2, 3, 4]) {
    const part = parts[i] ?? ''
    const changed = `${part.slice(0, 5)}${part[5] === 'A' ? 'B' : 'A'}${part.slice(6)}`
    await refused(parts.with(i, changed).join('.'), /^open a sealed code: /)
  }
  await refused(parts.with(4, '').join('.'), /was changed on its way/)
  await refused(parts.with(1, 'AAAA').join('.'), /was changed on its way/)
})

test('no other algorithm is let in: dir, none, RSA, key wrapping, passwords, other encryptions', async () => {
  const code = await seal('123456', email)
  for (const alg of ['dir', 'none', 'RSA-OAEP-256', 'A256KW', 'PBES2-HS256+A128KW', 'HPKE-0', '', null, 7]) {
    await refused(withHeader(code, { alg }), /^open a sealed code: /)
  }
  for (const enc of ['A128GCM', 'A128CBC-HS256', 'none', null]) {
    await refused(withHeader(code, { enc }), /^open a sealed code: /)
  }
  await refused(await sealedBy({ alg: 'dir' }, undefined, Buffer.alloc(32)), /not sealed by ECDH-ES and A256GCM/)
  await refused(await sealedBy({ alg: 'ECDH-ES+A256KW' }), /not sealed by ECDH-ES and A256GCM/)
  await refused(await sealedBy({ enc: 'A128GCM' }), /not sealed by ECDH-ES and A256GCM/)
  await refused(new UnsecuredJWT({ code: '123456' }).encode(), /^open a sealed code: /)
})

test('nothing compressed is opened', async () => {
  const bomb = await sealedBy({ zip: 'DEF' }, deflateRawSync(Buffer.alloc(200_000)))
  assert.ok(bomb.length < 1024)
  await refused(bomb, /was changed on its way, or not sealed by/)
  await refused(await sealedBy({ zip: 'DEF' }, Buffer.from('123456')), /^open a sealed code: /)
})

test('a key in the header is not used', async () => {
  const forger = await makeKey('one')
  const code = await sealer(forger.open)('123456', email)
  for (const header of [{ jwk: forger.own.jwk }, { jku: 'https://keys.example/' }, { x5u: 'https://keys.example/' }]) {
    await refused(withHeader(code, header), /was changed on its way/)
  }
  const own = await sealedBy({ jwk: forger.own.jwk }).catch(() => undefined)
  if (own !== undefined) assert.equal(await open(own, email), '123456')
})

test('what is sealed must be six digits', async () => {
  for (const text of ['12345', '1234567', '12345a', '123456\n', '', '\0\0\0\0\0\0', '１２３４５６', '<b>123456</b>']) {
    await refused(await sealedBy({}, Buffer.from(text)), /there are not six digits in it/)
  }
})

test('what is no sealed code at all has its reason', async () => {
  for (const code of ['....', 'a.b.c.d.e', 'e30....', 'bnVsbA....', 'W10.a.b.c.d', '12345', '']) {
    await refused(code, /^open a sealed code: /)
  }
})
