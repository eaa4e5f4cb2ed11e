/** Who puts on load tells each answer that cannot be, and the ledger knows what a later answer says of an earlier command. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallFailed } from '../../tools/client/ask.ts'
import { anna, commands, found } from './account.fixture.ts'
import { accountOf } from './account.ts'
import { openLedger } from './ledger.ts'
import { confirm, expectRefusal, insist } from './steps.ts'

/** A life that goes on, with what it was surprised by. */
function openLife() {
  const surprises: string[] = []
  const load = {
    ledger: openLedger(),
    over: new AbortController().signal,
    surprised: (text: string) => void surprises.push(text),
  }
  return { load, surprises }
}

/** Answers in turn: with nothing for 200, with no answer for undefined. */
function answering(...statuses: readonly (number | undefined)[]): () => Promise<void> {
  const left = [...statuses]
  return async () => {
    const status = left.shift()
    if (status === 200) return
    const text = status === undefined ? 'no answer' : `${status} {"title":"Title ${status}"}`
    throw new CallFailed('POST /somewhere', status, text)
  }
}

test("a server's error is told with its title, and the command is sent again and stays uncertain", async () => {
  for (const status of [500, 502]) {
    const { load, surprises } = openLife()
    const call = answering(status, 200)
    await insist(load, () => load.ledger.send('ask reset', anna, call))
    assert.deepEqual(surprises, [`POST /somewhere: ${status} {"title":"Title ${status}"}`])
    const { commands } = accountOf(load.ledger.commands, found)
    assert.deepEqual(commands['ask reset'], { answered: 1, refused: 0, uncertain: 1 })
  }
})

test('what is down for a while, no answer, and an expected refusal surprise nobody', async () => {
  const { load, surprises } = openLife()
  await insist(load, answering(503, undefined, 409, 200), [409])
  assert.deepEqual(surprises, [])
})

test('what is down a second time in a row is told, and not where another answer came between', async () => {
  const { load, surprises } = openLife()
  const told: string[] = []
  const impatient = { ...load, downAgain: (text: string) => void told.push(text) }
  await insist(impatient, answering(503, 409, undefined, 200), [409])
  assert.deepEqual(told, [])
  await insist(impatient, answering(503, undefined, undefined, 200))
  assert.deepEqual(told, ['POST /somewhere: no answer'])
  assert.deepEqual(surprises, [])
})

test('a refusal that is not expected ends the insistence', async () => {
  const { load } = openLife()
  await assert.rejects(insist(load, answering(409, 200)), { status: 409 })
})

test('a code that is refused after a lost answer was used: the account demands its effect', async () => {
  const others = (kind: string) => commands.filter((one) => one.kind !== kind)
  const { load } = openLife()
  await confirm(load, 'confirm address', anna, answering(undefined, 422))
  await confirm(load, 'confirm rental', anna, answering(503, undefined, 422), '7')
  const [address, ...rentals] = [
    load.ledger.commands.filter(({ kind }) => kind === 'confirm address'),
    load.ledger.commands.filter(({ kind }) => kind === 'confirm rental'),
  ]
  assert.deepEqual(
    address?.map(({ answeredAt, refused }) => [answeredAt !== undefined, refused === true]),
    [
      [true, false],
      [false, true],
    ],
  )
  const withAddress = [...others('confirm address'), ...(address ?? [])]
  const withRental = [...others('confirm rental'), ...rentals.flat()]
  assert.deepEqual(accountOf(withAddress, found).lost, [])
  assert.deepEqual(accountOf(withRental, found).lost, [])
  const users = [{ id: 1, email: anna, confirmed: false, passwordsSet: 1 }]
  assert.deepEqual(accountOf(withAddress, { ...found, users }).lost, [`the confirmation of ${anna}`])
  const unused = found.rentals.map((one) => ({ ...one, active: false }))
  const { lost } = accountOf(withRental, { ...found, rentals: unused })
  assert.deepEqual(lost, [`the rental of film 7 by ${anna}, confirmed`])
})

test('a code that is refused at once is told', async () => {
  const { load } = openLife()
  await assert.rejects(confirm(load, 'confirm address', anna, answering(422)), { status: 422 })
})

test('what is used once may be refused in its own way', async () => {
  const { load } = openLife()
  await confirm(load, 'sign out', anna, answering(undefined, 401), 'session-2', 401)
  const signOuts = load.ledger.commands.map(({ answeredAt, refused }) => [answeredAt !== undefined, refused === true])
  assert.deepEqual(signOuts, [
    [true, false],
    [false, true],
  ])
  await assert.rejects(confirm(load, 'sign out', anna, answering(401), 'session-3', 401), { status: 401 })
})

test('what opens a door that it must not open any more is told, and only that', async () => {
  const { load, surprises } = openLife()
  await expectRefusal(load, 'an old key', answering(503, undefined, 401))
  assert.deepEqual(surprises, [])
  await expectRefusal(load, 'an old key', answering(200))
  assert.deepEqual(surprises, ['an old key still opens a door'])
  await assert.rejects(expectRefusal(load, 'an old key', answering(400)), { status: 400 })
})
