/** Looking: lists, one message, history; for people and for programs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, deadOf, json, type Listed, listDead } from './test/command.ts'
import { type Folder, openShop, type Shop, shopWith, tempFolder, until } from './test/shop.ts'
import { widthOf } from './text-width.ts'

/** One of each kind: permanent, tried in vain, uncertain, parked with one behind it, expired, not JSON, set aside. */
async function allKinds(): Promise<Folder> {
  return shopWith(6, async (shop: Shop) => {
    await shop.place(1, 'gone')
    await shop.place(2, 'cannot read \x1b[31mstock\x1b[0m\nof the order')
    await shop.place(3, 'late', { expires: Date.now() - 60_000 })
    await shop.place(4, 'x'.repeat(3_000))
    await shop.code('uma@example.org', '123456')
    await shop.code('пётр@example.org', '654321')
    await shop.code('пётр@example.org', '777777')
    await shop.fromPeer('shop.orderPlaced', 'not json \x1b[2J')
    const { operations } = shop.bus
    await until(async () => (await operations.listOutbox({ state: 'aside' })).length === 1)
    await until(async () => (await operations.listHeld()).length === 1)
  })
}

test('dead letters are listed with their reasons', async () => {
  await using folder = await allKinds()
  const { code, out } = await command(folder.database, 'dead list')
  assert.equal(code, 0)
  assert.match(out, /^No +Topic +Group +Key +Reason +Error +Died$/m)
  assert.match(out, /shop\.orderPlaced +stock +1 +permanent error +no such article +(\d+ s ago|now)/)
  assert.match(out, /mail\.sendCode +mailer +uma@example\.org +uncertain +broke after DATA/)
  assert.match(out, / +3 +expired/)
  assert.match(out, / +stock +not JSON/)
  assert.match(out, /^6 dead letters\. All about one of them: vestnik dead show \d+$/m)
})

test('what a message says does not reach the terminal as it is', async () => {
  await using folder = await allKinds()
  for (const { pos } of await listDead(folder.database)) {
    const shown = await command(folder.database, `dead show ${pos}`)
    const listed = await command(folder.database, 'dead list')
    assert.doesNotMatch((shown.out + listed.out).replaceAll('\n', ''), /\p{Cc}/u)
  }
  assert.match(
    (await command(folder.database, 'dead list')).out,
    /TypeError: cannot read \\x1b\[31mstock\\x1b\[0m\\nof/,
  )
})

test('lists fit a terminal of 60 columns, and keep what tells messages apart', async () => {
  await using folder = await allKinds()
  for (const words of ['dead list', 'held', 'outbox list', 'history', 'dead replay --all']) {
    const { out } = await command(folder.database, words, { columns: 60, answers: [false] })
    for (const line of out.split('\n')) assert.ok(widthOf(line) <= 60, `${words}: ${line}`)
  }
  assert.match(
    (await command(folder.database, 'dead list', { columns: 60 })).out,
    /shop\.orderPlaced +stock .*permanent error/,
  )
})

test('a list is narrowed by topic and group, and goes on after a number', async () => {
  await using folder = await allKinds()
  const codes = await json<{ messages: Listed[] }>(folder.database, 'dead list --topic mail.sendCode --group mailer')
  assert.deepEqual(codes.messages.map(({ key }) => key).sort(), ['uma@example.org', 'пётр@example.org'])
  const first = await json<{ messages: Listed[]; next: number }>(folder.database, 'dead list --limit 4')
  assert.deepEqual([first.messages.length, first.next], [4, first.messages[3]?.pos])
  const rest = await json<{ messages: Listed[]; next: null }>(
    folder.database,
    `dead list --limit 4 --after ${first.next}`,
  )
  assert.deepEqual([rest.messages.length, rest.next], [2, null])
})

test('a list that is cut says how many died of what in all, and how to go on', async () => {
  await using folder = await allKinds()
  const { out } = await command(folder.database, 'dead list --limit 2')
  assert.match(out, /^2 of 6 dead letters, in all:$/m)
  assert.match(out, /^ +1 +mail\.sendCode +mailer +uncertain/m)
  assert.match(out, /^The next ones: vestnik dead list --after \d+$/m)
})

test('where nothing is dead, held, in the outbox or done by anybody, that is said', async () => {
  await using folder = await tempFolder()
  await (await openShop(folder.database))[Symbol.asyncDispose]()
  const told = await Promise.all(
    ['dead list', 'dead list --topic x --group y', 'held', 'outbox list', 'outbox list --state aside', 'history'].map(
      async (words) => (await command(folder.database, words)).out,
    ),
  )
  assert.deepEqual(told, [
    'Nothing is dead. What waits to be tried again: vestnik held',
    'Nothing is dead of topic x in group y. What waits to be tried again: vestnik held',
    'Nothing is held.',
    'The outbox holds nothing: every message has left.',
    'Nothing is set aside: the broker refused no message.',
    'Nobody has changed anything yet.',
  ])
  assert.deepEqual(await json(folder.database, 'dead list'), { messages: [], next: null })
})

test('all about one message: where it came from, why it failed, what it says', async () => {
  await using folder = await allKinds()
  const { pos } = await deadOf(folder.database, '2')
  const { out } = await command(folder.database, `dead show ${pos}`)
  assert.match(out, new RegExp(`^Dead letter ${pos}: 2 attempts failed$`, 'm'))
  assert.match(out, /^ {2}Origin +memory:shop\.orderPlaced\/\d+$/m)
  assert.match(out, /^ {2}Died +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(.+\)$/m)
  assert.match(out, /^ {2}Error +TypeError\n +cannot read \\x1b\[31mstock\\x1b\[0m\n +of the order$/m)
  assert.match(out, /^ {2}At .*shop\.ts:\d+/m)
  assert.match(out, /^ {4}ce-source: shop$/m)
  assert.match(out, /^ {6}"order": 2,$/m)
  assert.match(out, new RegExp(`vestnik dead replay ${pos}$`, 'm'))
})

test('secret fields are masked for people and for programs, unless they are asked for', async () => {
  await using folder = await allKinds()
  const { pos } = await deadOf(folder.database, 'uma@example.org')
  const shown = await command(folder.database, `dead show ${pos}`)
  const read = await json<{ body: unknown; secret: unknown }>(folder.database, `dead show ${pos}`)
  assert.match(shown.out, /"code": "•••"/)
  assert.deepEqual([read.body, read.secret], [{ email: 'uma@example.org', code: '•••' }, ['code']])
  assert.doesNotMatch(shown.out + JSON.stringify(read), /123456/)
  assert.match((await command(folder.database, `dead show ${pos} --reveal`)).out, /"code": "123456"/)
})

test('one that needs force is shown with the command that has it', async () => {
  await using folder = await allKinds()
  const { pos } = await deadOf(folder.database, '3')
  assert.match((await command(folder.database, `dead show ${pos}`)).out, new RegExp(`dead replay ${pos} --force$`, 'm'))
})

test('for programs times are ISO 8601, what is not known is null, and a body that is no JSON is text', async () => {
  await using folder = await allKinds()
  const broken = (await listDead(folder.database)).find(({ reason }) => reason === 'not JSON')
  const read = await json<Record<string, unknown>>(folder.database, `dead show ${broken?.pos}`)
  assert.equal(read.bodyText, 'not json \x1b[2J')
  assert.deepEqual([read.key, read.dueAt, read.expiresAt, read.bytes], [null, null, null, 13])
  assert.equal(new Date(String(read.arrivedAt)).toISOString(), read.arrivedAt)
})

test('held messages are listed with what they wait for, and can be shown', async () => {
  await using folder = await allKinds()
  const { out } = await command(folder.database, 'held')
  assert.match(out, /mail\.sendCode +mailer +пётр@example\.org +waits its turn/)
  const held = await json<{ messages: Listed[] }>(folder.database, 'held')
  const [first] = held.messages
  assert.match((await command(folder.database, `dead show ${first?.pos}`)).out, /^Held message \d+: waits its turn$/m)
})

test('the outbox is listed with what the broker said', async () => {
  await using folder = await allKinds()
  const { out } = await command(folder.database, 'outbox list')
  assert.match(out, /aside +shop\.orderPlaced +4 +3,\d{3} +BODY_TOO_LARGE/)
  assert.match(out, /vestnik outbox send \d+$/m)
  const none = await json<{ messages: Listed[] }>(folder.database, 'outbox list --state new')
  assert.deepEqual(none.messages, [])
})

test('a message that is not there is said not to be there', async () => {
  await using folder = await allKinds()
  const { code, out, err } = await command(folder.database, 'dead show 999')
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /^NOT_FOUND: .*999/)
  assert.doesNotMatch(err, /\bat .*:\d+/)
})
