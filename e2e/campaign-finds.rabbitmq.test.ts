/** A campaign finds what it looks for: with one rule of the relay broken, what a killed broker did not take is lost. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { root } from '../tools/repository.ts'
import type { Report } from './campaign/report.ts'

const mutant = {
  url: pathToFileURL(join(root, 'packages/bus/relay.ts')).href,
  find: '!doubtful.has(id) && !refused.has(id)',
  replace: '!refused.has(id)',
}
/** Each keeps the broker away for long; whether somebody asks for something just then is up to the machine. */
const seeds = [31, 25, 3, 5]
const words = ['--broker=amqp', '--database=sqlite', '--minutes=0.5', '--patience=60']

test('a relay that forgets what the broker may not have is found within half a minute of faults', {
  timeout: 850_000,
}, async (t) => {
  const source = readFileSync(new URL(mutant.url), 'utf8')
  assert.equal(source.split(mutant.find).length, 2, 'the rule stands in the relay once')
  for (const seed of seeds) {
    const { clean, account } = await campaign(t, seed)
    t.diagnostic(`seed ${seed}: lost ${account.lost.length}, the first of them: ${account.lost[0]}`)
    if (account.lost.length === 0) continue
    return assert.equal(clean, false)
  }
  assert.fail('nothing was lost in any of them')
})

/** Run to its end, with the mutant in all services. */
async function campaign(t: TestContext, seed: number): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-finds-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const report = join(folder, 'report.json')
  const preload = pathToFileURL(join(root, 'tools/mutants/preload.ts')).href
  const child = spawn(process.execPath, ['e2e/campaign/main.ts', ...words, `--seed=${seed}`, '--report', report], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: `--import=${preload}`, VESTNIK_MUTANT: JSON.stringify(mutant) },
    stdio: 'ignore',
  })
  t.after(() => child.kill('SIGTERM'))
  const [code] = await once(child, 'exit')
  const found: Report = JSON.parse(readFileSync(report, 'utf8'))
  assert.equal(code, found.clean ? 0 : 1)
  return found
}
