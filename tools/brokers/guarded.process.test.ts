/** What is started for a test is gone with it, and what cannot be started says so. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runGuarded, startGuarded } from './guarded.ts'

test('a program that is not there is a clear error, not the end of the process', async () => {
  assert.throws(() => startGuarded('vestnik-no-such-program', [], {}), /start vestnik-no-such-program: .*installed/)
  // The event that tells of it comes later.
  await sleep(50)
})

test('a command that fails, or takes too long, says what it said', async () => {
  await runGuarded('sh', ['-c', 'exit 0'], 30_000)
  await assert.rejects(runGuarded('sh', ['-c', 'echo no luck; exit 3'], 30_000), /failed with 3: no luck/)
  await assert.rejects(runGuarded('sh', ['-c', 'sleep 60'], 200), /ended, at the latest after 200 ms/)
})

test('what undoes a thing is run when its process is killed, also when the guard was killed before', {
  timeout: 60_000,
}, async (t) => {
  const folder = await temporary(t)
  const child = fork(new URL('guarded.fixture.ts', import.meta.url), [folder])
  const [{ guard }] = await once(child, 'message')
  process.kill(guard, 'SIGKILL')
  await untilGone(guard)
  child.send('go on')
  await once(child, 'message')
  child.kill('SIGKILL')
  while (!existsSync(join(folder, 'first')) || !existsSync(join(folder, 'second'))) await sleep(20)
  assert.equal(existsSync(join(folder, 'forgotten')), false)
})

async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-guarded-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

/** A process whose parent has not yet looked is there, as a zombie. */
async function untilGone(pid: number): Promise<void> {
  const isThere = () => {
    try {
      return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
    } catch {
      return false
    }
  }
  while (isThere()) await sleep(20)
}
