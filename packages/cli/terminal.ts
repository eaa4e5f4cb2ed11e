/** Where the command speaks and listens: a person's terminal, a pipe, or a test. */
import { readFileSync } from 'node:fs'
import { parseEnv, styleText } from 'node:util'
import { askOn } from './ask.ts'

export interface Terminal {
  /** A line, or several, of what was asked for. */
  print(text: string): void
  /** A line, or several, about it: errors and questions. */
  tell(text: string): void
  readonly columns: number
  /** Makes the text bold, dim or coloured, where colours are wanted. */
  style(format: Format, text: string): string
  /** Undefined where nobody is there to answer. */
  readonly ask: ((question: string) => Promise<boolean>) | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly now: () => number
}

export type Format = 'bold' | 'dim' | 'red' | 'green' | 'yellow'

/** Where the output is no terminal, lines may be long: nobody has to read them on a screen. */
const pipedColumns = 200
const narrowest = 30

/** The terminal of this process. It knows the variables of a `.env` file in this folder, as services do. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process
  // A reader that has seen enough, such as `head`, is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  const environment = { ...readDotEnv('.env'), ...withoutEmpty(process.env) }
  const colours = stdout.isTTY && stdout.hasColors()
  const columns = stdout.columns ?? Number.parseInt(environment.COLUMNS ?? '', 10)
  return {
    print: (text) => void stdout.write(`${text}\n`),
    tell: (text) => void stderr.write(`${text}\n`),
    columns: Math.max(narrowest, columns || pipedColumns),
    style: (format, text) => (colours ? styleText(format, text, { validateStream: false }) : text),
    ask: stdin.isTTY ? askOn(stdin, stderr) : undefined,
    environment,
    now: Date.now,
  }
}

/** A file that cannot be read names no database: that is said when none is named elsewhere either. */
function readDotEnv(path: string): Record<string, string | undefined> {
  try {
    return withoutEmpty(parseEnv(readFileSync(path, 'utf8')))
  } catch {
    return {}
  }
}

function withoutEmpty(variables: NodeJS.Dict<string>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value?.trim()))
}
