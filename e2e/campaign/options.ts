/** What `npm run campaign` is told on its command line. */
import { numberOf, oneOf, parseWords, UsageError, wholeOf } from '../../tools/command-line.ts'
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

const texts = ['broker', 'database', 'minutes', 'seed', 'instances', 'patience', 'report', 'add'] as const

/** Undefined when help was asked for. @throws UsageError */
export function readOptions(words: readonly string[], drawSeed: () => number): CampaignOptions | undefined {
  const values = parseWords(words, texts, ['write'])
  if (values.help === true) return undefined
  const options = {
    broker: oneOf('--broker', values.broker ?? 'sqlite', brokerNames),
    database: oneOf('--database', values.database ?? 'sqlite', databaseNames),
    minutes: numberOf('--minutes', values.minutes ?? '1', 0.1, 1440),
    seed: values.seed === undefined ? drawSeed() : wholeOf('--seed', values.seed, 0, 2 ** 32 - 1),
    instances: wholeOf('--instances', values.instances ?? '1', 1, 4),
    patienceSeconds: numberOf('--patience', values.patience ?? String(standardPatienceSeconds), 1, 3600),
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
