/** Every row is run once with tiny counts, to see that all of its programs work. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Row } from './harness/row.ts'
import type { RowResult } from './harness/run-row.ts'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))

/** One test for each of the rows. */
export function testRows(rows: readonly Row[]): void {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bench-test-'))
  })

  after(() => rm(folder, { recursive: true }))

  for (const { name, requirements } of rows) {
    test(`the row ${name} measures all its sides, and leaves nothing behind`, { timeout: 200_000 }, async () => {
      const result = await runQuickly(name, folder)
      for (const side of result.sides) {
        if (side.missing) continue
        const figures = Object.entries(side.figures)
        assert.ok(figures.length > 0, side.name)
        for (const [figure, value] of figures) assert.ok(Number.isFinite(value), `${side.name} ${figure} is ${value}`)
      }
      assert.equal(result.verdicts.length, requirements.length)
      assert.deepEqual(readdirSync(folder), [])
    })
  }
}

async function runQuickly(name: string, folder: string): Promise<RowResult> {
  const env = { ...process.env, BENCH_DIR: folder }
  const { stdout } = await promisify(execFile)(process.execPath, [main, name, '--quick', '--json'], { env })
  const { results } = JSON.parse(stdout) as { results: readonly RowResult[] }
  assert.equal(results.length, 1)
  return results[0] as RowResult
}
