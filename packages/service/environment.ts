/** The environment that a service is configured by: the process's own variables, then those of a `.env` file. */
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { BusError } from '@vestnik/bus/errors'

export type Environment = Readonly<Record<string, string>>

/**
 * The variables that are set: an empty one counts as unset, and the process's own come before those of the file, which
 * `ENV_FILE` may name.
 * @throws BusError `BAD_CONFIG` when the file is there and cannot be read
 */
export function readEnvironment(
  own: NodeJS.ProcessEnv = process.env,
  file: string = own.ENV_FILE || '.env',
): Environment {
  const merged: Record<string, string> = {}
  for (const source of [readFile(file), own]) {
    for (const [name, value] of Object.entries(source)) {
      if (value !== undefined && value.trim() !== '') merged[name] = value.trim()
    }
  }
  return merged
}

function readFile(file: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw new BusError('BAD_CONFIG', `${file} cannot be read: ${String(error)}`, { cause: error })
  }
}
