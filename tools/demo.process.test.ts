/** The demonstration runs by itself, keeps its promises, and leaves nothing behind. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { until } from '../e2e/until.ts'

function run(t: TestContext, environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'demo.ts')], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { text: '' }
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (some) => (said.text += some))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  t.after(async () => {
    child.kill('SIGTERM')
    await ended
  })
  return { child, said, ended }
}

const folderIn = (text: string): string => /data in (\S+), which is removed/.exec(text)?.[1] ?? assert.fail(text)

test('every promise is kept, in plain words without colours', { timeout: 240_000 }, async (t) => {
  const { said, ended } = run(t)
  assert.equal(await ended, 0, said.text)
  const scenes = said.text.match(/^\d\. .*$/gm) ?? []
  assert.deepEqual(
    scenes.map((line) => line[0]),
    ['1', '2', '3', '4', '5'],
  )
  assert.match(said.text, /^ {5}User logged in with information: \{"userId":1,"timestamp":"[^"]+"\}$/m)
  assert.equal(said.text.match(/^ {3}✔ /gm)?.length, 5)
  for (const sign of ['✖', '\u001b']) assert.ok(!said.text.includes(sign))
  assert.ok(!existsSync(folderIn(said.text)))
})

test('Ctrl-C ends it, and its folder is gone', { timeout: 120_000 }, async (t) => {
  const { child, said, ended } = run(t)
  await new Promise<void>((resolve) => {
    child.stdout.on('data', () => said.text.includes('1. Anna') && resolve())
  })
  child.kill('SIGINT')
  assert.equal(await ended, 1)
  assert.ok(!existsSync(folderIn(said.text)))
})

test('Ctrl-C while it starts ends it, and its folder is gone', { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-demo-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const { child, said, ended } = run(t, { TMPDIR: folder })
  const left = () => readdirSync(folder)
  await until('its services begin', () => left().some((name) => existsSync(join(folder, name, 'data'))))
  child.kill('SIGINT')
  assert.equal(await ended, 1)
  assert.ok(!said.text.includes('1. Anna'), 'it had started')
  assert.deepEqual(left(), [])
})
