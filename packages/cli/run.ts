/** Runs the command once: words in, an exit code out. */
import { createProgram } from './program.ts'
import { reportError } from './report.ts'
import { type ExitCode, withSession } from './session.ts'
import { processTerminal, type Terminal } from './terminal.ts'

/** Resolves with 0 when it is done, 1 when it was refused or failed, 2 when it was used wrongly. Never rejects. */
export async function run(words: readonly string[], terminal: Terminal): Promise<0 | 1 | 2> {
  const json = words.includes('--json')
  let exitCode: ExitCode = 0
  const program = createProgram(terminal, json, async (options, work) => {
    exitCode = await withSession(options, terminal, work)
  })
  try {
    await program.parseAsync(words, { from: 'user' })
    return exitCode
  } catch (error) {
    return reportError(error, terminal, json)
  }
}

/** What the installed command does: runs with the words and on the terminal of this process. */
export async function main(): Promise<void> {
  process.exitCode = await run(process.argv.slice(2), processTerminal())
}
