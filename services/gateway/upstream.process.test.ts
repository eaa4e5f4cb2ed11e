/** A service in a process of its own, which is killed and started again while it is asked. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Problem } from '@vestnik/service'
import { freePorts } from '../../tools/start/free-ports.ts'
import type { Asked } from './exchange.ts'
import { createUpstream, type Upstream } from './upstream.ts'

const callersAtOnce = 8
const get: Asked = { method: 'GET', path: '/films', headers: {}, body: undefined, repeatable: true }
const post: Asked = {
  method: 'POST',
  path: '/users',
  headers: { 'content-type': 'application/json' },
  body: Buffer.from('{}'),
  repeatable: false,
}

async function open(t: TestContext) {
  const [port = 0] = await freePorts(1)
  const upstream = createUpstream(`http://127.0.0.1:${port}`, { patienceMs: 15_000 })
  let child: ChildProcess | undefined
  t.after(async () => {
    await upstream.close()
    await end('SIGKILL')
  })

  function start(): void {
    child = fork(join(import.meta.dirname, 'played-service.fixture.ts'), [String(port)], { stdio: 'ignore' })
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  start()
  return { upstream, start, end }
}

/** Asks without a pause from several callers until it is told to stop; answers what went wrong. */
function askOn(upstream: Upstream, asked: Asked) {
  const failures: unknown[] = []
  let answered = 0
  let isOver = false
  const caller = async (): Promise<void> => {
    while (!isOver) {
      await upstream.ask(asked).then(
        () => {
          answered += 1
        },
        (error: unknown) => failures.push(error),
      )
    }
  }
  const callers = Promise.all(Array.from({ length: callersAtOnce }, caller))
  const more = async (): Promise<void> => {
    const enough = answered + 200
    while (answered < enough) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const stop = async (): Promise<readonly unknown[]> => {
    isOver = true
    await callers
    return failures
  }
  return { more, stop }
}

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`a service that is ended by ${signal} and started again costs no request that may be sent twice`, async (t) => {
    const { upstream, start, end } = await open(t)
    const asking = askOn(upstream, get)
    for (let n = 0; n < 3; n += 1) {
      await asking.more()
      await end(signal)
      start()
    }
    await asking.more()
    assert.deepEqual(await asking.stop(), [])
  })
}

test('of other requests only those under way are answered 503, and all others wait', async (t) => {
  const { upstream, start, end } = await open(t)
  const asking = askOn(upstream, post)
  await asking.more()
  await end('SIGKILL')
  start()
  await asking.more()
  const failures = await asking.stop()
  // A caller that is refused may come at once to another connection that is not yet known to be closed.
  assert.ok(failures.length <= 2 * callersAtOnce, String(failures.length))
  assert.ok(failures.every((failure) => failure instanceof Problem && failure.status === 503))
})
