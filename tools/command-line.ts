/** What the commands of this repository with many options share: words are read strictly, and what is wrong is told in a sentence. */
import { parseArgs } from 'node:util'

/** A command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The options that were given, by name; `help` is always one of the flags. @throws UsageError for a word that is none */
export function parseWords<Text extends string, Flag extends string>(
  words: readonly string[],
  texts: readonly Text[],
  flags: readonly Flag[],
): Readonly<Partial<Record<Text, string> & Record<Flag | 'help', boolean>>> {
  const text = texts.map((name) => [name, { type: 'string' }] as const)
  const flag = [...flags, 'help'].map((name) => [name, { type: 'boolean' }] as const)
  try {
    const { values } = parseArgs({ args: [...words], options: Object.fromEntries([...text, ...flag]) })
    return values as Partial<Record<Text, string> & Record<Flag | 'help', boolean>>
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** @throws UsageError */
export function numberOf(option: string, found: string, least: number, most: number): number {
  const value = Number(found)
  if (/^[0-9]+(\.[0-9]+)?$/.test(found) && value >= least && value <= most) return value
  throw wrong(option, found, `a number from ${least} to ${most}`)
}

/** @throws UsageError */
export function wholeOf(option: string, found: string, least: number, most: number): number {
  const value = Number(found)
  if (/^[0-9]+$/.test(found) && value >= least && value <= most) return value
  throw wrong(option, found, `a whole number from ${least} to ${most}`)
}

/** @throws UsageError */
export function oneOf<Name extends string>(option: string, found: string, names: readonly Name[]): Name {
  const known = names.find((one) => one === found)
  if (known !== undefined) return known
  throw wrong(option, found, `one of ${names.join(', ')}`)
}

export const wrong = (option: string, found: string, allowed: string): UsageError =>
  new UsageError(`${option} is ${JSON.stringify(found)}: it must be ${allowed}`)

/** What was read; where help was asked for (undefined), or words were wrong, it is told, and the process ends with 0 or 2. */
export function orUsage<Options>(read: () => Options | undefined, usage: string): Options {
  try {
    const options = read()
    if (options !== undefined) return options
    console.log(usage)
    process.exit(0)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}
