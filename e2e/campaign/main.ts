/** `npm run campaign`: kills, stops and cuts off everything under load, and tells what was lost or doubled. */
import { randomInt } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { orUsage } from '../../tools/command-line.ts'
import { openProgress } from '../../tools/load/progress.ts'
import { runCampaign } from './campaign.ts'
import { readOptions, usage } from './options.ts'
import { writeRow } from './page.ts'
import { commandOf, reportOf, summary } from './report.ts'

const words = process.argv.slice(2)
const options = orUsage(() => readOptions(words, () => randomInt(2 ** 32)), usage)
if (options.add !== undefined) {
  writeRow(JSON.parse(readFileSync(options.add, 'utf8')))
  process.exit(0)
}
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort())
const progress = openProgress(process.stderr, 10_000)
progress.show(commandOf(options))
try {
  const outcome = await runCampaign(options, progress.show, interrupted.signal)
  progress.end()
  const report = reportOf(options, outcome)
  if (options.report !== undefined) writeFileSync(options.report, `${JSON.stringify(report, undefined, 2)}\n`)
  console.log(summary(report))
  if (options.write) writeRow(report)
  process.exit(report.clean ? 0 : 1)
} catch (error) {
  progress.end()
  console.error(interrupted.signal.aborted ? 'interrupted' : error)
  process.exit(1)
}
