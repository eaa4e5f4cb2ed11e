/** Editing: by a file, or by hand in an editor. */
import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { command, deadOf, type Ended, json, type Setting } from './test/command.ts'
import { type Folder, openShop, shopWith, until } from './test/shop.ts'

const oneDead = (): Promise<Folder> => shopWith(1, (shop) => shop.place(1, 'no'))
const oneCode = (): Promise<Folder> => shopWith(1, (shop) => shop.code('p@example.org', '123456'))

/** An editor that makes the text of the file another one: a function's source, of its text. */
function editor(folder: Folder, rewrite: string): Setting['environment'] & { readonly EDITOR: string } {
  const program = join(folder.path, 'editor.mjs')
  const lines = [
    "import { readFileSync, writeFileSync } from 'node:fs'",
    'const path = process.argv.at(-1)',
    `writeFileSync(path, (${rewrite})(readFileSync(path, 'utf8')))`,
  ]
  writeFileSync(program, lines.join('\n'))
  return { EDITOR: `"${process.execPath}" "${program}"` }
}

function editByFile({ database, path }: Folder, pos: number, text: string, ...more: readonly string[]): Promise<Ended> {
  const file = join(path, 'new.json')
  writeFileSync(file, text)
  return command(database, `dead edit ${pos} --yes --file ${file}`, {}, ...more)
}

test('a new body from a file takes effect once, under the same id', async () => {
  await using folder = await oneDead()
  const { pos, id } = await deadOf(folder.database, '1')
  const { code, out } = await editByFile(folder, pos, '{"order": 1, "note": "fine"}\n')
  assert.equal(code, 0)
  assert.match(out, /its body changes\n {2}~ note {2}"no" → "fine"\n\nEdited and replayed dead letter \d+\./)
  await using shop = await openShop(folder.database)
  await until(async () => (await shop.orders()).length === 1)
  const { operations } = await json<{ operations: { what: string; on: string }[] }>(folder.database, 'history')
  assert.deepEqual(
    operations.map(({ what, on }) => [what, on.endsWith(String(id))]),
    [['edit', true]],
  )
})

test('a file that is no JSON, says the same, or is not there changes nothing', async () => {
  await using folder = await oneDead()
  const { pos } = await deadOf(folder.database, '1')
  assert.match((await editByFile(folder, pos, '{"order": 1')).err, /^INVALID_EDIT: .*not one JSON document/)
  assert.match((await editByFile(folder, pos, '{"note": "no"}', '--revision', '99')).err, /^NOT_DEAD: /)
  assert.match((await editByFile(folder, pos, '{"order":1,"note":"no"}')).err, /^NOT_CONFIRMED: .*the same/)
  const missing = await command(folder.database, `dead edit ${pos} --yes --file /no/such/file`)
  assert.deepEqual([missing.code, missing.err.split(':')[0]], [2, 'BAD_OPTION'])
  assert.equal((await deadOf(folder.database, '1')).edited, 0)
})

test('an editor gets the body, and what was written in it is asked for and kept', async () => {
  await using folder = await oneDead()
  const { pos } = await deadOf(folder.database, '1')
  const environment = editor(folder, '(text) => text.replace(/"no"/, JSON.stringify("fine"))')
  const { code, out, err } = await command(folder.database, `dead edit ${pos}`, { answers: [true], environment })
  assert.deepEqual([code, err], [0, 'Keep this body, and replay it?'])
  assert.match(out, /~ note {2}"no" → "fine"/)
  await using shop = await openShop(folder.database)
  await until(async () => (await shop.orders()).length === 1)
})

test('an editor that leaves no JSON may be opened again, and nothing is left of the file', async (t) => {
  await using folder = await oneDead()
  const { pos } = await deadOf(folder.database, '1')
  const { TMPDIR } = process.env
  t.after(() => (TMPDIR === undefined ? delete process.env.TMPDIR : Object.assign(process.env, { TMPDIR })))
  process.env.TMPDIR = folder.path
  const rewrite = "(text) => text.endsWith('x') ? text.replace(/no(?=\")/, 'fine').slice(0, -1) : text + 'x'"
  const setting = { answers: [true, true], environment: editor(folder, rewrite) }
  const { code, err } = await command(folder.database, `dead edit ${pos}`, setting)
  assert.equal(code, 0)
  assert.match(err, /^INVALID_EDIT: [\s\S]*^Edit it again\?\nKeep this body/m)
  assert.deepEqual(
    readdirSync(folder.path).filter((name) => name.startsWith('vestnik-edit')),
    [],
  )
})

test('an editor that fails changes nothing', async () => {
  await using folder = await oneDead()
  const { pos } = await deadOf(folder.database, '1')
  const environment = { EDITOR: 'exit 3; true' }
  const { code, err } = await command(folder.database, `dead edit ${pos}`, { answers: [true], environment })
  assert.equal(code, 1)
  assert.match(err, /^INVALID_EDIT: .*ended with 3/)
})

test('secret fields are masked in the editor, and a mask that stays is refused', async () => {
  await using folder = await oneCode()
  const { pos } = await deadOf(folder.database, 'p@example.org')
  const environment = editor(folder, "(text) => text.includes('123456') ? 'seen' : text.replace('p@', 'q@')")
  const { code, out, err } = await command(folder.database, `dead edit ${pos}`, { answers: [false], environment })
  assert.equal(code, 1)
  assert.match(out, /^Masked: code\./)
  assert.match(err, /^INVALID_EDIT: .*still masked: code/)
})

test('revealed, secret fields may stay, and are masked in what is said', async () => {
  await using folder = await oneCode()
  const { pos } = await deadOf(folder.database, 'p@example.org')
  const environment = editor(folder, "(text) => text.replace('123456', '654321')")
  const { code, out } = await command(folder.database, `dead edit ${pos} --reveal`, { answers: [true], environment })
  assert.equal(code, 0)
  assert.match(out, /~ code {2}"•••" → "•••"/)
  await using shop = await openShop(folder.database, { mended: true })
  await until(() => shop.sent.length === 1)
  assert.deepEqual(shop.sent, ['654321'])
})

test('an uncertain one is edited by force alone, and that is said before anybody writes', async () => {
  await using folder = await shopWith(1, (shop) => shop.code('u@example.org', '1'))
  const { pos } = await deadOf(folder.database, 'u@example.org')
  const environment = { EDITOR: 'exit 3; true' }
  const { code, err } = await command(folder.database, `dead edit ${pos}`, { answers: [true], environment })
  assert.equal(code, 1)
  assert.match(err, /^NEEDS_FORCE: .*may have happened/)
  assert.equal((await editByFile(folder, pos, '{"email":"u@example.org","code":"2"}', '--force')).code, 0)
})

test('an editor needs a terminal', async () => {
  await using folder = await oneDead()
  const { pos } = await deadOf(folder.database, '1')
  const { code, err } = await command(folder.database, `dead edit ${pos} --yes`)
  assert.equal(code, 2)
  assert.match(err, /^BAD_OPTION: .*--file/)
})
