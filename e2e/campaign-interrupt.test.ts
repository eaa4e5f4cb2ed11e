/** Whoever ends a campaign in the middle finds nothing of it afterwards. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { root } from '../tools/repository.ts'
import { until } from './until.ts'

test('Ctrl-C in the middle of a campaign ends all that it started, and takes its files away', {
  timeout: 240_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-interrupted-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const child = spawn(process.execPath, ['e2e/campaign/main.ts', '--minutes', '5'], {
    cwd: root,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  for await (const line of createInterface({ input: child.stderr })) if (/ of 300 s: /.test(line)) break
  assert.ok(workingIn(folder).length > 1)
  child.kill('SIGINT')
  const [code] = await ended
  assert.equal(code, 1)
  await until('no process works there', () => workingIn(folder).length === 0)
  await until('the folder is empty', () => readdirSync(folder).length === 0)
  assert.equal(readFileSync('/proc/mounts', 'utf8').includes(folder), false)
})

/** The processes that were told of the folder. */
function workingIn(folder: string): readonly string[] {
  return globSync('/proc/[0-9]*/environ').filter((path) => {
    try {
      return !path.includes(`/${process.pid}/`) && readFileSync(path, 'utf8').includes(folder)
    } catch {
      return false // it has ended
    }
  })
}
