/** Breaks the program's rules one by one and looks whether a test notices: `npm run mutants`, `npm run mutants -- <part of a name>`. */
import { mutants } from './mutants/index.ts'
import { type Judgement, judge } from './mutants/judge.ts'

const words = process.argv.slice(2)
const chosen = mutants.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
const bad: Judgement[] = []
await judge(chosen, (judgement) => {
  const { mutant, end, why, seconds } = judgement
  if (end === 'survived' || end === 'unsound') bad.push(judgement)
  console.log(`${end.padEnd(9)} ${`${seconds.toFixed(1)} s`.padStart(7)}  ${mutant.name}\n${' '.repeat(19)}${why}`)
})
for (const { mutant, end } of bad)
  console.log(`\n${end.toUpperCase()}: ${mutant.name}: ${mutant.rule} (${mutant.file})`)
console.log(`\n${chosen.length - bad.length} passed, ${bad.length} failed`)
process.exitCode = chosen.length > 0 && bad.length === 0 ? 0 : 1
