/** `npm run reset`: deletes the data folder, after asking. `-- --yes` does not ask. */
import { existsSync, realpathSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { relative } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { BusError } from '@vestnik/bus/errors'
import { readVariables } from '@vestnik/service/config'
import { readEnvironment } from '@vestnik/service/environment'
import * as fields from '@vestnik/service/fields'

try {
  process.exitCode = await reset(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof BusError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

async function reset(words: readonly string[]): Promise<number> {
  const { DATA_DIR: folder } = readVariables(readEnvironment(), { DATA_DIR: fields.path('data') })
  if (!existsSync(folder)) return tell(`There is nothing to delete: ${folder} does not exist.`)
  refuseHome(folder)
  if (!words.includes('--yes') && !(await agreed(folder))) return tell('Nothing was deleted.', 1)
  await rm(folder, { recursive: true })
  return tell(`Deleted ${folder}.`)
}

/** A folder that somebody lives or works in is not the services' data. */
function refuseHome(folder: string): void {
  const real = realpathSync(folder)
  const kept = [process.cwd(), homedir(), import.meta.dirname].map((path) => realpathSync(path))
  const holding = kept.find((path) => path === real || !relative(real, path).startsWith('..'))
  if (holding === undefined) return
  throw new BusError('BAD_CONFIG', `DATA_DIR is "${folder}": it must be a folder of its own; this one holds ${holding}`)
}

async function agreed(folder: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    console.log('Nobody is there to be asked: to delete without a question, npm run reset -- --yes')
    return false
  }
  using lines = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await lines.question(`Delete ${folder} and everything in it? Stop the services first. [y/N] `)
  return /^y(es)?$/i.test(answer.trim())
}

function tell(text: string, code: number = 0): number {
  console.log(text)
  return code
}
