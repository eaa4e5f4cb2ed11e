/** What `npm run campaign` is told on its command line. */
import { parseArgs } from 'node:util'
import { type BrokerName, brokerNames } from './brokers.ts'
import { type DatabaseName, databaseNames } from './databases.ts'

export interface CampaignOptions {
  readonly broker: BrokerName
  readonly database: DatabaseName
  readonly minutes: number
  /** Of the faults: the same draws the same plan. */
  readonly seed: number
  /** Of each service. */
  readonly instances: number
  /** How long nothing may move before what is missing counts as lost. */
  readonly patienceSeconds: number
  /** Where the report is written as JSON. */
  readonly report?: string
  /** Whether docs/reliability.md gets a row. */
  readonly write: boolean
  /** A report whose row is added, and nothing else is done. */
  readonly add?: string
}

export const usage: string = `npm run campaign -- [options]

  --broker <name>      ${brokerNames.join(', ')}            sqlite
  --database <name>    ${databaseNames.join(' or ')}                    sqlite
  --minutes <n>        how long there are load and faults    1
  --seed <n>           what the faults are drawn from        drawn, and printed
  --instances <n>      of each service; 2 need PostgreSQL    1
  --patience <s>       how long nothing may move before    100
                       what is missing counts as lost
  --report <file>      writes the report there, as JSON
  --write              adds a row to docs/reliability.md
  --add <file>         adds the row of that report, and runs nothing

It ends with 0 when the account is clean; with 1 when something is lost, doubled, without a command, stuck, out of
order or surprising, or the campaign could not be run to its end; with 2 when it was told something wrong.`

/** A mail whose mailer was killed in the act goes again when its claim of 44 s has lapsed. */
export const standardPatienceSeconds = 100

/** A command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Undefined when help was asked for. @throws UsageError */
export function readOptions(words: readonly string[], drawSeed: () => number): CampaignOptions | undefined {
  const values = parse(words)
  if (values.help === true) return undefined
  const options = {
    broker: oneOf('--broker', values.broker ?? 'sqlite', brokerNames),
    database: oneOf('--database', values.database ?? 'sqlite', databaseNames),
    minutes: number('--minutes', values.minutes ?? '1', 0.1, 1440),
    seed: values.seed === undefined ? drawSeed() : whole('--seed', values.seed, 0, 2 ** 32 - 1),
    instances: whole('--instances', values.instances ?? '1', 1, 4),
    patienceSeconds: number('--patience', values.patience ?? String(standardPatienceSeconds), 1, 3600),
    write: values.write === true,
    ...(values.report !== undefined && { report: values.report }),
    ...(values.add !== undefined && { add: values.add }),
  }
  if (options.instances > 1 && options.database === 'sqlite') {
    throw new UsageError(
      `--instances is "${options.instances}", --database is "sqlite": two instances of a service need --database postgres`,
    )
  }
  return options
}

function parse(words: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...words],
      options: {
        broker: text,
        database: text,
        minutes: text,
        seed: text,
        instances: text,
        patience: text,
        report: text,
        add: text,
        write: flag,
        help: flag,
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function oneOf<Name extends string>(option: string, found: string, names: readonly Name[]): Name {
  const known = names.find((one) => one === found)
  if (known !== undefined) return known
  throw wrong(option, found, `one of ${names.join(', ')}`)
}

function number(option: string, found: string, least: number, most: number): number {
  const value = Number(found)
  if (/^[0-9]+(\.[0-9]+)?$/.test(found) && value >= least && value <= most) return value
  throw wrong(option, found, `a number from ${least} to ${most}`)
}

function whole(option: string, found: string, least: number, most: number): number {
  const value = Number(found)
  if (/^[0-9]+$/.test(found) && value >= least && value <= most) return value
  throw wrong(option, found, `a whole number from ${least} to ${most}`)
}

const wrong = (option: string, found: string, allowed: string): UsageError =>
  new UsageError(`${option} is ${JSON.stringify(found)}: it must be ${allowed}`)
