/** The command as people start it: beside a running service, twice at once, in pipes, on a terminal of 60 columns. */
import assert from 'node:assert/strict'
import { type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { type Folder, openShop, shopWith, until } from './test/shop.ts'
import { widthOf } from './text-width.ts'

const main = join(import.meta.dirname, 'main.ts')

const someDead = (): Promise<Folder> =>
  shopWith(3, async (shop) => {
    await shop.place(1, 'out of stock')
    await shop.place(2, 'no article of that very long name is known in any stock of ours, nor ever was')
    await shop.code('p@example.org', '123456')
  })

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Types the answer when it is asked for. */
async function start(program: string, words: readonly string[], options: SpawnOptions, typed = ''): Promise<Ended> {
  const child = spawn(program, words, { signal: AbortSignal.timeout(30_000), stdio: 'pipe', ...options })
  const exited = once(child, 'exit')
  if (typed === '') child.stdin?.end()
  child.stdout?.on('data', (chunk) => {
    if (String(chunk).includes('[y/N]')) child.stdin?.write(typed)
  })
  const [out, err] = await Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')))
  await exited
  return { code: child.exitCode, out: out ?? '', err: err ?? '' }
}

/** The environment of a person: without what this test run was started with. */
function environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { CI: _, COLUMNS: __, FORCE_COLOR: ___, NO_COLOR: ____, NODE_TEST_CONTEXT: _____, ...rest } = process.env
  return { ...rest, TERM: 'xterm', ...more }
}

const vestnik = ({ database, path }: Folder, words: string): Promise<Ended> =>
  start(process.execPath, [main, ...words.split(' ')], { cwd: path, env: environment({ DATABASE_URL: database }) })

/** The number of the dead letter with the key. */
async function numberOf(folder: Folder, key: string): Promise<number> {
  const { out } = await vestnik(folder, 'dead list --json')
  const { messages } = JSON.parse(out) as { messages: { pos: number; key: string }[] }
  return messages.find((one) => one.key === key)?.pos ?? 0
}

test('beside a running service: what is replayed takes effect once, within about a second', async () => {
  await using folder = await someDead()
  await using shop = await openShop(folder.database, { mended: true })
  const pos = await numberOf(folder, '1')
  assert.match((await vestnik(folder, `dead show ${pos}`)).out, /out of stock/)
  const replayed = await vestnik(folder, `dead replay ${pos} --yes`)
  const since = performance.now()
  assert.equal(replayed.code, 0, replayed.err)
  await until(async () => (await shop.orders()).length > 0)
  const tookMs = performance.now() - since
  assert.ok(tookMs < 3_000, `took ${tookMs} ms`)
  await until(async () => (await shop.bus.operations.listHeld()).length === 0)
  assert.deepEqual(await shop.orders(), [1])
  assert.equal((await vestnik(folder, `dead replay ${pos} --yes`)).code, 1)
})

test('two replays at once: one is done, the other says that it is not dead any more', async () => {
  await using folder = await someDead()
  const pos = await numberOf(folder, '1')
  const both = await Promise.all([1, 2].map(() => vestnik(folder, `dead replay ${pos} --yes`)))
  assert.deepEqual(both.map(({ code }) => code).sort(), [0, 1])
  assert.match(both.find(({ code }) => code === 1)?.err ?? '', /^NOT_DEAD: .*(not a dead letter|has changed)/)
  await using shop = await openShop(folder.database, { mended: true })
  await until(async () => (await shop.bus.operations.listHeld()).length === 0)
  assert.deepEqual(await shop.orders(), [1])
})

test('with --json there is one document, and nothing beside it', async () => {
  await using folder = await someDead()
  for (const words of ['dead list', 'dead show 1', 'held', 'outbox list', 'history', 'dead drop 1 --yes']) {
    const { code, out, err } = await vestnik(folder, `${words} --json`)
    assert.deepEqual([words, code, err], [words, 0, ''])
    assert.equal(typeof JSON.parse(out), 'object')
  }
  const { code, out, err } = await vestnik(folder, 'dead show 99 --json')
  assert.deepEqual([code, out, JSON.parse(err).error.code], [1, '', 'NOT_FOUND'])
})

test('a reader that has seen enough is no failure', async () => {
  await using folder = await someDead()
  const line = `"${process.execPath}" "${main}" dead list | head -1`
  const { out, err } = await start('sh', ['-c', line], { env: environment({ DATABASE_URL: folder.database }) })
  assert.match(out, /^No +Topic/)
  assert.equal(err, '')
})

test('a .env file in the folder names the database', async () => {
  await using folder = await someDead()
  writeFileSync(join(folder.path, '.env'), 'DATABASE_URL=sqlite:shop.db\n')
  const { code, out } = await start(process.execPath, [main, 'dead', 'list'], {
    cwd: folder.path,
    env: environment({ DATABASE_URL: '' }),
  })
  assert.equal(code, 0)
  assert.match(out, /^3 dead letters\./m)
})

test('the package that people install carries the same command', async () => {
  const command = join(import.meta.dirname, '../vestnik/command.ts')
  const { code, out } = await start(process.execPath, [command, '--help'], { env: environment({}) })
  assert.equal(code, 0)
  assert.match(out, /^Usage: vestnik/)
})

const noTerminal = process.platform === 'linux' ? false : 'script(1) is another program there'

/** On a terminal of 60 columns, where somebody types. */
const onTerminal = (folder: Folder, words: string, typed: string, more: Readonly<Record<string, string>> = {}) => {
  const line = `stty cols 60; "${process.execPath}" "${main}" ${words}; echo "ended with $?"`
  const env = environment({ DATABASE_URL: folder.database, ...more })
  return start('script', ['-qec', line, '/dev/null'], { cwd: folder.path, env }, typed)
}

test('on a terminal of 60 columns every line fits', { skip: noTerminal }, async () => {
  await using folder = await someDead()
  for (const words of [
    'dead list',
    `dead show ${await numberOf(folder, 'p@example.org')}`,
    'history',
    '--help',
    'dead show 99',
  ]) {
    const { out } = await onTerminal(folder, words, '')
    const lines = stripVTControlCharacters(out).split(/\r?\n/)
    assert.ok(lines.length > 2, out)
    for (const line of lines) assert.ok(widthOf(line) <= 60, `${words}: ${line}`)
  }
})

test('a terminal gets colours, unless NO_COLOR is set', { skip: noTerminal }, async () => {
  await using folder = await someDead()
  assert.ok((await onTerminal(folder, 'dead list', '')).out.includes('\x1b[1mNo'))
  assert.ok(!(await onTerminal(folder, 'dead list', '', { NO_COLOR: '1' })).out.includes('\x1b'))
  assert.ok(!(await vestnik(folder, 'dead list')).out.includes('\x1b'))
})

test('a person at a terminal is asked: yes does it, no, Ctrl-C and Ctrl-D do not', { skip: noTerminal }, async () => {
  await using folder = await someDead()
  const pos = await numberOf(folder, '1')
  for (const typed of ['n\n', '\n', '\x03', '\x04']) {
    const { out } = await onTerminal(folder, `dead drop ${pos}`, typed)
    assert.match(out, /Drop it\? \[y\/N\][\s\S]*Nothing was changed\.\s+ended with 1/, JSON.stringify(typed))
  }
  assert.match((await onTerminal(folder, `dead drop ${pos}`, 'y\n')).out, /Dropped dead letter[\s\S]*ended with 0/)
})
