/** A campaign finds what it looks for: with one rule of the relay broken, what a killed broker did not take is lost. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { root } from '../tools/repository.ts'
import type { Report } from './campaign/report.ts'

const mutant = {
  url: pathToFileURL(join(root, 'packages/bus/relay.ts')).href,
  find: '!doubtful.has(id) && !refused.has(id)',
  replace: '!refused.has(id)',
}
/** Draws kills of the broker early. */
const words = ['--broker=amqp', '--database=sqlite', '--minutes=0.5', '--seed=3', '--patience=60']

test('a relay that forgets what the broker may not have is found within half a minute of faults', {
  timeout: 600_000,
}, async (t) => {
  const source = readFileSync(new URL(mutant.url), 'utf8')
  assert.equal(source.split(mutant.find).length, 2, 'the rule stands in the relay once')
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-finds-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const report = join(folder, 'report.json')
  const preload = pathToFileURL(join(root, 'tools/mutants/preload.ts')).href
  const child = spawn(process.execPath, ['e2e/campaign/main.ts', ...words, '--report', report], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: `--import=${preload}`, VESTNIK_MUTANT: JSON.stringify(mutant) },
    stdio: 'ignore',
  })
  t.after(() => child.kill('SIGTERM'))
  const [code] = await once(child, 'exit')
  assert.equal(code, 1)
  const { clean, account }: Report = JSON.parse(readFileSync(report, 'utf8'))
  t.diagnostic(`lost: ${account.lost.length}, the first of them: ${account.lost[0]}`)
  assert.equal(clean, false)
  assert.ok(account.lost.length > 0)
})
