/**
 * Breaks the program's rules one by one and looks whether a test notices: `npm run mutants`, `npm run mutants -- <part of
 * a name>`; with `--write` all of them become the table of docs/reliability.md.
 */
import { parseArgs } from 'node:util'
import { mutants } from './mutants/index.ts'
import { type Judgement, judge } from './mutants/judge.ts'
import { writeMutants } from './mutants/page.ts'

const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false } },
})
if (values.write && words.length > 0) throw new Error('--write is for all mutants: name none')
const chosen = mutants.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
const judgements: Judgement[] = []
await judge(chosen, (judgement) => {
  const { mutant, end, why, seconds } = judgement
  judgements.push(judgement)
  console.log(`${end.padEnd(9)} ${`${seconds.toFixed(1)} s`.padStart(7)}  ${mutant.name}\n${' '.repeat(19)}${why}`)
})
const bad = judgements.filter(({ end }) => end === 'survived' || end === 'unsound')
for (const { mutant, end } of bad)
  console.log(`\n${end.toUpperCase()}: ${mutant.name}: ${mutant.rule} (${mutant.file})`)
console.log(`\n${chosen.length - bad.length} passed, ${bad.length} failed`)
if (values.write) writeMutants(judgements)
process.exitCode = chosen.length > 0 && bad.length === 0 ? 0 : 1
