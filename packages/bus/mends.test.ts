import assert from 'node:assert/strict'
import { test } from 'node:test'
import { permanent, uncertain } from './errors.ts'
import { effect, on } from './handler.ts'
import { type ByHand, incoming, noteContract, openByHand } from './test/by-hand.ts'

test('a replay takes effect once, though it is asked for twice and the inbox knows the message', async () => {
  await using hand = await openWithLetter()
  const letter = await theLetter(hand)
  const decision = { who: 'anna', revision: letter.revision }
  const answers = await Promise.allSettled([
    hand.bus.operations.replay(letter, decision),
    hand.bus.operations.replay(letter, decision),
  ])
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  await hand.clock.advance(1_000)
  assert.deepEqual(await hand.taken(), [1])
  await assert.rejects(hand.bus.operations.replay(letter, decision), { code: 'NOT_DEAD' })
})

test('a change by somebody who saw an older revision is refused', async () => {
  await using hand = await openWithLetter()
  const seen = await theLetter(hand)
  hand.broken.is = true
  await hand.bus.operations.replay(seen, { who: 'anna', revision: seen.revision })
  await hand.clock.advance(1_000)
  const again = await theLetter(hand)
  assert.notEqual(again.revision, seen.revision)
  for (const change of [
    hand.bus.operations.replay(seen, { who: 'boris', revision: seen.revision }),
    hand.bus.operations.drop(seen, { who: 'boris', revision: seen.revision }),
    hand.bus.operations.edit(seen, new TextEncoder().encode('{"n":1}'), { who: 'boris', revision: seen.revision }),
  ]) {
    await assert.rejects(change, { code: 'NOT_DEAD' })
  }
})

test('a dropped message is remembered: a redelivery of it has no effect', async () => {
  await using hand = await openWithLetter()
  const letter = await theLetter(hand)
  await hand.bus.operations.drop(letter, { who: 'anna', revision: letter.revision })
  await hand.handOut({ n: 1, key: 'a' }, { redelivered: true })
  await hand.handOut({ n: 1, key: 'a' })
  await hand.clock.advance(1_000)
  assert.deepEqual(await hand.taken(), [])
  assert.deepEqual(
    (await hand.rows('SELECT state FROM vestnik_inbox')).map(({ state }) => state),
    ['dropped'],
  )
})

test('an edit takes effect in the place of the message, under its id', async () => {
  await using hand = await openWithLetter()
  const letter = await theLetter(hand)
  const edited = new TextEncoder().encode('{"n":100,"key":"a"}')
  await hand.bus.operations.edit(letter, edited, { who: 'anna', revision: letter.revision })
  await hand.clock.advance(1_000)
  await hand.handOut({ n: 1, key: 'a' }, { redelivered: true })
  await hand.clock.advance(1_000)
  assert.deepEqual(await hand.taken(), [100])
  assert.deepEqual(
    (await hand.rows('SELECT id, edited FROM vestnik_inbox')).map((row) => ({ ...row })),
    [{ id: 'note-1', edited: 1 }],
  )
})

test('an edit that is not JSON is refused, and the letter stays as it was', async () => {
  await using hand = await openWithLetter()
  const letter = await theLetter(hand)
  const decision = { who: 'anna', revision: letter.revision }
  await assert.rejects(hand.bus.operations.edit(letter, new TextEncoder().encode('{n:1'), decision), {
    code: 'INVALID_EDIT',
  })
  assert.deepEqual(await theLetter(hand), letter)
})

test('an edited effect goes out under another idempotency key', async () => {
  const keys: string[] = []
  let broken = true
  const handler = effect(noteContract(), 'reader', (_, { idempotencyKey }) => {
    keys.push(idempotencyKey)
    if (broken) throw permanent('no such address')
  })
  await using hand = await openByHand({ handlers: [handler] })
  await hand.handOut({ n: 1 })
  await hand.clock.advance(1_000)
  broken = false
  const letter = await theLetter(hand)
  const body = new TextEncoder().encode('{"n":2}')
  await hand.bus.operations.edit(letter, body, { who: 'anna', revision: letter.revision })
  await hand.clock.advance(1_000)
  assert.equal(keys.length, 2)
  assert.notEqual(keys[0], keys[1])
})

test('an edit of an effect that may have happened needs force', async () => {
  const handler = effect(noteContract({ uncertain: 'dead' }), 'reader', () => {
    throw uncertain('the connection broke')
  })
  await using hand = await openByHand({ handlers: [handler] })
  await hand.handOut({ n: 1 })
  await hand.clock.advance(1_000)
  const letter = await theLetter(hand)
  const body = new TextEncoder().encode('{"n":2}')
  const decision = { who: 'anna', revision: letter.revision }
  await assert.rejects(hand.bus.operations.edit(letter, body, decision), { code: 'NEEDS_FORCE' })
  await hand.bus.operations.edit(letter, body, { ...decision, force: true })
})

test('what has expired, or is too old to deduplicate, is replayed by force alone, and a bulk replay skips it', async () => {
  const handler = on(noteContract({ lifeMs: 60_000 }), 'reader', async ({ n }, { tx }) => {
    await tx.query('INSERT INTO taken (n) VALUES (?)', [n])
  })
  await using hand = await openByHand({ handlers: [handler], rememberMs: 30_000 })
  const ago = (ms: number) => incoming({ n: ms }, hand.clock.now() - ms, { redelivered: true })
  await hand.transport.handOut('reader', ago(61_000))
  await hand.transport.handOut('reader', ago(31_000))
  assert.deepEqual(await hand.bus.operations.replayAll({ who: 'anna' }), { replayed: 0, skipped: 2 })
  for (const letter of await hand.bus.operations.listDead()) {
    const decision = { who: 'anna', revision: letter.revision }
    await assert.rejects(hand.bus.operations.replay(letter, decision), { code: 'NEEDS_FORCE' })
    await hand.bus.operations.replay(letter, { ...decision, force: true })
  }
  await hand.clock.advance(1_000)
  assert.deepEqual((await hand.taken()).toSorted(), [31_000, 61_000])
})

test('every change is recorded with who made it, when, and on what', async () => {
  await using hand = await openWithLetter()
  const letter = await theLetter(hand)
  await hand.bus.operations.drop(letter, { who: 'anna', revision: letter.revision })
  assert.deepEqual(await hand.bus.operations.history(), [
    {
      seq: 1,
      who: 'anna',
      at: hand.clock.now(),
      what: 'drop',
      on: 'note.written reader writer note-1',
      result: 'done',
    },
  ])
})

test('a message that is done or dropped is not shown, and what became of it is told', async () => {
  await using hand = await openWithLetter()
  const letter = await theLetter(hand)
  await hand.handOut({ n: 2 })
  await hand.bus.operations.drop(letter, { who: 'anna', revision: letter.revision })
  await assert.rejects(hand.bus.operations.show(letter), { code: 'NOT_DEAD', message: /is dropped/ })
  await assert.rejects(hand.bus.operations.show({ ...letter, id: 'note-2' }), { code: 'NOT_DEAD', message: /is done/ })
})

test('a message that nobody has is told so by name', async () => {
  await using hand = await openByHand({})
  await assert.rejects(hand.bus.operations.show(17), { code: 'NOT_FOUND', message: /17/ })
})

/** A bus with one dead letter of key `a`, whose handler works from now on. */
async function openWithLetter(): Promise<ByHand & { readonly broken: { is: boolean } }> {
  const broken = { is: true }
  const handler = on(noteContract(), 'reader', async ({ n }, { tx }) => {
    if (broken.is) throw permanent('broken')
    await tx.query('INSERT INTO taken (n) VALUES (?)', [n])
  })
  const hand = await openByHand({ handlers: [handler] })
  await hand.handOut({ n: 1, key: 'a' })
  broken.is = false
  return { ...hand, broken }
}

async function theLetter(hand: ByHand) {
  const [letter] = await hand.bus.operations.listDead()
  assert.ok(letter)
  return letter
}
