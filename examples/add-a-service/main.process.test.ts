/** The service of the guide, as a process: it starts, answers, and ends when it is asked to. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../../e2e/until.ts'
import { freePorts } from '../../tools/start/free-ports.ts'

test('it runs with nothing but a data folder', { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-example-'))
  const [port] = await freePorts(1)
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { PATH: process.env.PATH ?? '', DATA_DIR: folder, PORT: String(port) },
    stdio: 'ignore',
  })
  const ended = once(child, 'close')
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true })
  })
  const origin = `http://127.0.0.1:${port}`
  await until('it is ready', async () => (await fetch(`${origin}/readyz`).catch(() => undefined))?.ok === true, 30_000)
  assert.deepEqual(await (await fetch(`${origin}/popular`)).json(), { items: [] })
  child.kill('SIGTERM')
  const [code] = await ended
  assert.equal(code, 0)
})
