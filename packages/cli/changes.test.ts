/** Changing: replay, drop, send; each as it was seen, asked for, and recorded. */
import assert from 'node:assert/strict'
import { userInfo } from 'node:os'
import { test } from 'node:test'
import { command, deadOf, json, listDead } from './test/command.ts'
import { type Folder, openShop, shopWith, until } from './test/shop.ts'

const someDead = (): Promise<Folder> =>
  shopWith(4, async (shop) => {
    for (const order of [1, 2, 3]) await shop.place(order, 'out of stock')
    await shop.place(4, 'late', { expires: Date.now() - 60_000 })
  })

interface History {
  readonly operations: readonly {
    readonly who: string
    readonly what: string
    readonly on: string
    readonly result: string
  }[]
}

const history = async ({ database }: Folder) => (await json<History>(database, 'history')).operations

test('a replay is shown, asked for, done and recorded under the name of who did it', async () => {
  await using folder = await someDead()
  const { pos, id } = await deadOf(folder.database, '1')
  const { code, out, err } = await command(folder.database, `dead replay ${pos}`, { answers: [true] })
  assert.equal(code, 0)
  assert.match(
    out,
    /^Dead letter \d+: 2 attempts failed$[\s\S]*"note": "out of stock"[\s\S]*^Replayed dead letter \d+\./m,
  )
  assert.match(err, /^Replay it\?$/)
  const [done] = await history(folder)
  assert.deepEqual([done?.who, done?.what, done?.result], [userInfo().username, 'replay', 'done'])
  assert.equal(done?.on.split(' ').at(-1), id)
  await using shop = await openShop(folder.database, { mended: true })
  await until(async () => (await shop.orders()).length === 1)
  assert.deepEqual(await shop.orders(), [1])
})

test('a no changes nothing', async () => {
  await using folder = await someDead()
  const { pos } = await deadOf(folder.database, '1')
  for (const words of [`dead replay ${pos}`, `dead drop ${pos}`, 'dead replay --all']) {
    const { code, err } = await command(folder.database, words, { answers: [false] })
    assert.equal(code, 1)
    assert.match(err, /Nothing was changed\.$/)
  }
  assert.equal((await listDead(folder.database)).length, 4)
  assert.deepEqual(await history(folder), [])
})

test('where nobody can be asked a change is refused without --yes, and so it is for programs', async () => {
  await using folder = await someDead()
  const { pos } = await deadOf(folder.database, '1')
  for (const words of [`dead replay ${pos}`, `dead drop ${pos}`, 'dead replay --all']) {
    const { code, err } = await command(folder.database, words)
    assert.equal(code, 1)
    assert.match(err, /^NOT_CONFIRMED: .*\n.*--yes\.$/)
  }
  const { code, out, err } = await command(folder.database, `dead drop ${pos} --json`, { answers: [true] })
  assert.deepEqual([code, out, JSON.parse(err).error.code], [1, '', 'NOT_CONFIRMED'])
  assert.equal((await listDead(folder.database)).length, 4)
})

test('what changed while the person read it is not changed by their yes', async () => {
  await using folder = await someDead()
  const { pos } = await deadOf(folder.database, '1')
  const beforeAnswer = async () => {
    const { code } = await command(folder.database, `dead replay ${pos} --yes --who faster`)
    assert.equal(code, 0)
  }
  const { code, err } = await command(folder.database, `dead drop ${pos}`, { answers: [true], beforeAnswer })
  assert.equal(code, 1)
  assert.match(err, /NOT_DEAD: /)
  assert.deepEqual(
    (await history(folder)).map(({ who, what }) => [who, what]),
    [['faster', 'replay']],
  )
})

test('what died anew while the person read it is not changed by their yes', async () => {
  await using folder = await someDead()
  const { pos, revision } = await deadOf(folder.database, '1')
  await using shop = await openShop(folder.database)
  const beforeAnswer = async () => {
    await command(folder.database, `dead replay ${pos} --yes`)
    const died = async () => (await shop.bus.operations.show(pos)).state === 'dead'
    await until(died)
    assert.ok((await shop.bus.operations.show(pos)).revision > revision)
  }
  const { code, err } = await command(folder.database, `dead drop ${pos}`, { answers: [true], beforeAnswer })
  assert.equal(code, 1)
  assert.match(err, /NOT_DEAD: .*has changed/)
})

test('a revision that is not the one any more is refused', async () => {
  await using folder = await someDead()
  const { pos, revision } = await deadOf(folder.database, '1')
  const { code, err } = await command(folder.database, `dead replay ${pos} --yes --revision ${revision + 1}`)
  assert.equal(code, 1)
  assert.match(err, /^NOT_DEAD: .*you saw revision/)
  assert.equal((await command(folder.database, `dead replay ${pos} --yes --revision ${revision}`)).code, 0)
})

test('two replays at once: one is done, the other hears that it is not dead any more', async () => {
  await using folder = await someDead()
  const { pos } = await deadOf(folder.database, '1')
  const words = `dead replay ${pos} --yes`
  const both = await Promise.all([command(folder.database, words), command(folder.database, words)])
  assert.deepEqual(both.map(({ code }) => code).sort(), [0, 1])
  assert.match(both.find(({ code }) => code === 1)?.err ?? '', /^NOT_DEAD: /)
  assert.equal((await history(folder)).length, 1)
})

test('several are changed together, and one that is refused keeps back no other', async () => {
  await using folder = await someDead()
  const [one, other, late] = await Promise.all(['1', '2', '4'].map((key) => deadOf(folder.database, key)))
  const words = `dead replay ${one?.pos} ${late?.pos} ${other?.pos}`
  const { code, out, err } = await command(folder.database, words, { answers: [true] })
  assert.equal(code, 1)
  assert.match(err, /^Replay these 3\?\nNEEDS_FORCE: .*it has expired/)
  assert.match(out, /^Replayed 2 of 3 dead letters\./m)
  assert.deepEqual((await listDead(folder.database)).map(({ key }) => key).toSorted(), ['3', '4'])
})

test('for programs each message that was not changed stands in the document, with its error', async () => {
  await using folder = await someDead()
  const [one, late] = await Promise.all(['1', '4'].map((key) => deadOf(folder.database, key)))
  const { code, out } = await command(folder.database, `dead replay ${one?.pos} ${late?.pos} --yes --json`)
  const { what, done, failed } = JSON.parse(out)
  assert.deepEqual([code, what, done.length, failed.length], [1, 'replay', 1, 1])
  assert.deepEqual([done[0].pos, done[0].id, failed[0].error.code], [one?.pos, one?.id, 'NEEDS_FORCE'])
})

test('nothing is changed when one of the numbers is none of a dead letter', async () => {
  await using folder = await someDead()
  const { pos } = await deadOf(folder.database, '1')
  const { code, err } = await command(folder.database, `dead drop ${pos} 999 --yes`)
  assert.equal(code, 1)
  assert.match(err, /^NOT_FOUND: .*999/)
  assert.equal((await listDead(folder.database)).length, 4)
})

test('what has expired is replayed by force alone, and that is recorded', async () => {
  await using folder = await someDead()
  const { pos } = await deadOf(folder.database, '4')
  assert.equal((await command(folder.database, `dead replay ${pos} --yes`)).code, 1)
  assert.equal((await command(folder.database, `dead replay ${pos} --yes --force`)).code, 0)
  assert.deepEqual(
    (await history(folder)).map(({ what, result }) => [what, result]),
    [['replay', 'forced']],
  )
  await using shop = await openShop(folder.database, { mended: true })
  await until(async () => (await shop.orders()).length === 1)
})

test('all are replayed but those that need force, which are counted', async () => {
  await using folder = await someDead()
  const { code, out, err } = await command(folder.database, 'dead replay --all', { answers: [true] })
  assert.equal(code, 0)
  assert.equal(err, 'Replay all of them, 4 dead letters?')
  assert.match(out, /^ +3 +shop\.orderPlaced +stock +2 attempts failed/m)
  assert.match(out, /^Replayed 3 dead letters\.[\s\S]*^Skipped 1: expired/m)
  assert.deepEqual((await listDead(folder.database)).map(({ key }) => key).toSorted(), ['4'])
})

test('before all are replayed it is said of how many the effect may have happened', async () => {
  await using folder = await shopWith(1, (shop) => shop.code('u@example.org', '1'))
  const { out } = await command(folder.database, 'dead replay --all', { answers: [false] })
  assert.match(out, /^Dead +Topic +Group +Reason +Uncertain[\s\S]*^ +1 +mail\.sendCode +mailer +uncertain +1 /m)
})

test('all of a topic are all of that topic', async () => {
  await using folder = await someDead()
  assert.deepEqual(await json(folder.database, 'dead replay --all --yes --topic other'), {
    what: 'replay',
    replayed: 0,
    skipped: 0,
  })
  assert.deepEqual(await json(folder.database, 'dead replay --all --yes --topic shop.orderPlaced --group stock'), {
    what: 'replay',
    replayed: 3,
    skipped: 1,
  })
})

test('what is dropped has no effect, and lets go on what waited behind it', async () => {
  await using folder = await shopWith(1, async (shop) => {
    await shop.code('p@example.org', '1')
    await shop.code('p@example.org', '2')
    await until(async () => (await shop.bus.operations.listHeld()).length === 1)
  })
  const { pos } = await deadOf(folder.database, 'p@example.org')
  await using shop = await openShop(folder.database, { mended: true })
  const { code, out } = await command(folder.database, `dead drop ${pos} --yes`)
  assert.deepEqual([code, out.split('\n').at(-1)], [0, `Dropped dead letter ${pos}.`])
  await until(() => shop.sent.length === 1)
  assert.deepEqual(shop.sent, ['2'])
  assert.deepEqual(await listDead(folder.database), [])
})

test('what the broker refused is sent again or dropped', async () => {
  await using folder = await shopWith(0, async (shop) => {
    for (const order of [1, 2]) await shop.place(order, 'x'.repeat(3_000))
    await until(async () => (await shop.bus.operations.listOutbox({ state: 'aside' })).length === 2)
  })
  const listed = await json<{ messages: { pos: number; id: string }[] }>(folder.database, 'outbox list --state aside')
  const [one, other] = listed.messages
  assert.equal((await command(folder.database, `outbox send ${one?.pos}`, { answers: [false] })).code, 1)
  const sent = await command(folder.database, `outbox send ${one?.pos}`, { answers: [true] })
  assert.deepEqual([sent.code, sent.err], [0, 'Send it?'])
  assert.match(sent.out, /BODY_TOO_LARGE[\s\S]*^Put back into the outbox: message \d+\./m)
  const again = await command(folder.database, `outbox send ${one?.pos} --yes`)
  assert.equal(again.code, 1)
  assert.match(again.err, /^NOT_DEAD: .*not set aside/)
  const dropped = await json<{ done: { id: string }[] }>(folder.database, `outbox drop ${other?.pos} --yes`)
  assert.deepEqual(
    dropped.done.map(({ id }) => id),
    [other?.id],
  )
  assert.match((await command(folder.database, 'outbox drop 999 --yes')).err, /^NOT_FOUND: /)
  assert.deepEqual(
    (await history(folder)).map(({ what }) => what),
    ['drop aside', 'send'],
  )
})

test('another name stands in the record when one is given', async () => {
  await using folder = await someDead()
  const { pos } = await deadOf(folder.database, '1')
  await command(folder.database, `dead drop ${pos} --yes --who`, {}, 'Ada (on call)')
  assert.deepEqual(
    (await history(folder)).map(({ who, what }) => [who, what]),
    [['Ada (on call)', 'drop']],
  )
})

test('wrong use is told apart from what failed', async () => {
  await using folder = await someDead()
  const wrong = [
    'dead',
    'dead lst',
    'dead list --limit none',
    'dead show x',
    'dead replay',
    'dead replay 1 --all',
    'dead replay --all --force',
    'dead replay 1 --topic x',
    'dead replay 1 2 --revision 3',
    'dead list --nonsense',
    'outbox list --state old',
    'dead list --database postgres://host/x',
  ]
  for (const words of wrong) {
    const { code, out, err } = await command(folder.database, `${words} --json`)
    assert.deepEqual([words, code, out], [words, 2, ''])
    assert.match(JSON.parse(err).error.code, /^BAD_/)
  }
  const unset = await command(folder.database, 'dead list', { environment: { DATABASE_URL: '' } })
  assert.equal(unset.code, 2)
})
