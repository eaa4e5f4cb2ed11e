/** The laws' children: they answer, they can be killed, and they do not outlive their parent. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { startChild } from './process.ts'
import { until } from './waiting.ts'

const program = new URL('./member-process.ts', import.meta.url)

test('an error in the child comes out at the caller, and a killed child ends its calls', async () => {
  const child = startChild(program, { patienceMs: 5000 })
  await assert.rejects(child.call('fly'), /no command fly/)
  child.signal('SIGSTOP')
  const call = child.call('fly')
  const ended = assert.rejects(call, /ended \(SIGKILL\) before it answered/)
  await child.kill()
  await ended
})

test('a child ends with a parent that is killed', async () => {
  const parent = fork(new URL('./parent.fixture.ts', import.meta.url), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [pid] = await once(parent, 'message')
  assert.ok(isAlive(pid))
  parent.kill('SIGKILL')
  await until(5000, 'the end of the child', () => !isAlive(pid))
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
