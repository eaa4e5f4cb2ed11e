/** A data folder is locked for one `npm start`, as long as its process lives and no longer. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lockFolder } from './lock-folder.ts'

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-lock-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

const refused = { code: 'BAD_CONFIG', message: /^DATA_DIR is ".*": another npm start runs on it; end that one/ }

test('a locked folder is refused until it is given back, and another one is free', (t) => {
  const folder = temporary(t)
  {
    using _lock = lockFolder(folder)
    assert.throws(() => lockFolder(folder), refused)
    assert.equal(statSync(join(folder, 'start.lock')).mode & 0o777, 0o600)
    lockFolder(temporary(t))[Symbol.dispose]()
  }
  lockFolder(folder)[Symbol.dispose]()
})

test('what was locked by a process that was killed is free', { timeout: 30_000 }, async (t) => {
  const folder = temporary(t)
  const text = `import { lockFolder } from ${JSON.stringify(import.meta.resolve('./lock-folder.ts'))}
globalThis.lock = lockFolder(${JSON.stringify(folder)})
console.log('locked')
setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  assert.throws(() => lockFolder(folder), refused)
  child.kill('SIGKILL')
  await ended
  lockFolder(folder)[Symbol.dispose]()
})

test('a lock that is no file is told by its path', (t) => {
  const folder = temporary(t)
  mkdirSync(join(folder, 'start.lock'))
  assert.throws(() => lockFolder(folder), { code: 'FILE_UNUSABLE', message: /^lock .*start\.lock: / })
})
