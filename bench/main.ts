/** `npm run bench -- [row …] [--long] [--json] [--write] [--quick] [--rounds n]`: measures, prints, writes docs/performance.md. */
import { parseArgs } from 'node:util'
import { inFolder } from './harness/folder.ts'
import { type Machine, machineFacts } from './harness/machine.ts'
import { withoutPlace, writePage } from './harness/page.ts'
import type { Row } from './harness/row.ts'
import { type RowResult, runRow } from './harness/run-row.ts'
import { machineLine, rowLines, summaryLines } from './harness/text.ts'
import { rows } from './rows/index.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    rounds: { type: 'string' },
  },
})

const chosen = chooseRows(positionals)
if (values.write) refuseWhatCannotBeWritten()
const rounds = values.quick ? 1 : Math.max(1, Number(values.rounds ?? 3))
const machine = await machineFacts()
const say = (line: string): void => (values.json ? undefined : console.log(line))
const note = (line: string): void => console.error(`  ${line}`)

say(machineLine(machine))
const results: RowResult[] = []
for (const row of chosen) {
  console.error(`${row.name}: ${row.title}`)
  try {
    const result = await inFolder((folder) =>
      runRow(row, { quick: values.quick, long: values.long, rounds, folder }, note),
    )
    results.push(result)
    for (const line of rowLines(result)) say(line)
  } catch (error) {
    // One row that cannot be measured says so, and the others are measured all the same.
    console.error(`${row.name} could not be measured:`, error)
    process.exitCode = 1
  }
}
finish(results, machine)

function chooseRows(names: readonly string[]) {
  const unknown = names.filter((name) => !rows.some((row) => isNamed(row, name)))
  if (unknown.length > 0) {
    console.error(`no such row: ${unknown.join(', ')}; there are ${rows.map((row) => row.name).join(', ')}`)
    process.exit(2)
  }
  return rows.filter((row) => names.length === 0 || names.some((name) => isNamed(row, name)))
}

/** A name that no row has stands for all whose names begin with it: `postgres` for `postgres-chain` and the others. */
function isNamed(row: Row, name: string): boolean {
  return row.name === name || (!rows.some((one) => one.name === name) && row.name.startsWith(`${name}-`))
}

function finish(results: readonly RowResult[], machine: Machine): void {
  if (values.json) console.log(JSON.stringify({ machine, results }, null, 2))
  else if (results.length > 1) for (const line of summaryLines(results)) say(line)
  if (values.write) writePage(results, machine)
}

/** Before anything is measured, which takes long. */
function refuseWhatCannotBeWritten(): void {
  const homeless = withoutPlace(chosen.map((row) => row.name))
  const why = values.quick
    ? 'the figures of --quick mean nothing'
    : homeless.length > 0 && `docs/performance.md has no place for ${homeless.join(', ')}`
  if (!why) return
  console.error(`nothing is written down, as ${why}`)
  process.exit(2)
}
