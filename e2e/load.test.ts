/** `npm run load` at the real system: what it measures, and what it says when it cannot. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { startSystem } from './system.ts'
import { until } from './until.ts'

async function load(...words: readonly string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'tools', 'load.ts'), ...words], {
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { out: '', err: '' }
  child.stdout.on('data', (some) => (text.out += some))
  child.stderr.on('data', (some) => (text.err += some))
  const [code] = await once(child, 'close')
  return { code, ...text }
}

test('it signs in and rents at the rate that was asked for, and each step has its percentiles', {
  timeout: 100_000,
}, async (t) => {
  const system = await startSystem(t, { RATE_LIMITS: 'off' })
  const at = ['--url', system.url, '--mailbox', system.urls.mailbox]
  const { code, out, err } = await load(...at, '--rate', '8', '--seconds', '3', '--users', '6', '--json')
  assert.deepEqual([code, err], [0, ''], out)
  const { started, givenUp, steps } = JSON.parse(out)
  assert.deepEqual([started, givenUp], [24, 0])
  const count = (name: string) => steps.find((step: { name: string }) => step.name === name)?.count
  assert.deepEqual(['sign-in', 'rental asked', 'code mailed', 'rental confirmed'].map(count), [12, 12, 12, 12])
  for (const { name, p50Ms, p95Ms, p99Ms, maxMs, errors } of steps) {
    assert.ok(p50Ms >= 0 && p50Ms <= p95Ms && p95Ms <= p99Ms && p99Ms <= maxMs, name)
    assert.deepEqual(errors, {})
  }

  await t.test('films alone need no users and no mailbox', async () => {
    const alone = await load(
      '--url',
      system.url,
      '--mailbox',
      'http://127.0.0.1:1',
      '--only',
      'films',
      '--seconds',
      '1',
    )
    assert.equal(alone.code, 0, alone.err)
    assert.match(alone.out, /^films listed +20 /m)
    assert.match(alone.out, /^no errors$/m)
  })

  await t.test('what fails is counted by its kind', async () => {
    const before = await filmsAnswered(system.url)
    const loading = load('--url', system.url, '--only', 'films', '--seconds', '3')
    await until('it asks', async () => (await filmsAnswered(system.url)) > before + 5)
    system.signal('gateway', 'SIGKILL')
    const { code, out } = await loading
    assert.equal(code, 1)
    assert.match(out, /^ +\d+ × films listed: no answer$/m)
  })
})

async function filmsAnswered(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const counts = text.matchAll(/^http_server_request_duration_seconds_count\{[^}]*route="\/films"[^}]*\} (\d+)$/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}

test('a system that does not answer, and a wrong word, are told in a sentence', { timeout: 30_000 }, async () => {
  const nobody = await load('--url', 'http://127.0.0.1:1')
  assert.equal(nobody.code, 1)
  assert.match(
    nobody.err,
    /^--url is http:\/\/127\.0\.0\.1:1: GET \/films: no answer\. Does the system run\? \(npm start\)$/m,
  )
  const wrong = await load('--rate', 'fast')
  assert.equal(wrong.code, 2)
  assert.match(wrong.err, /^--rate is "fast": it must be a number/)
})
