/** What `npm run load` is told on its command line. */
import { parseArgs } from 'node:util'

export const kinds = ['sign-ins', 'rentals', 'films'] as const
export type Kind = (typeof kinds)[number]

export interface LoadOptions {
  /** The gateway. */
  readonly url: string
  /** Where codes are read, by Mailpit's API. */
  readonly mailbox: string
  /** Operations a second. */
  readonly rate: number
  readonly seconds: number
  /** The most operations that are under way at once; what comes due above that waits, and its wait counts. */
  readonly concurrency: number
  /** Accounts that are made for it. */
  readonly users: number
  /** What is done, in turn. */
  readonly kinds: readonly Kind[]
  readonly json: boolean
}

export const usage: string = `npm run load -- [options]

  --url <address>      the gateway                            http://localhost:3000
  --mailbox <address>  where the codes are read               http://localhost:8025
  --rate <n>           operations a second                    20
  --seconds <n>        how long                               10
  --concurrency <n>    the most that are under way at once    100
  --users <n>          accounts that are made for it          20
  --only <kind>        sign-ins, rentals or films             sign-ins and rentals in turn
  --json               prints the summary as JSON

It ends with 0 when every operation succeeded, 1 when some failed, 2 when it was told something wrong.`

/** A command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Undefined when help was asked for. @throws UsageError */
export function readOptions(words: readonly string[]): LoadOptions | undefined {
  const values = parse(words)
  if (values.help === true) return undefined
  return {
    url: address('--url', values.url ?? 'http://localhost:3000'),
    mailbox: address('--mailbox', values.mailbox ?? 'http://localhost:8025'),
    rate: number('--rate', values.rate ?? '20', 0.1, 10_000),
    seconds: number('--seconds', values.seconds ?? '10', 0.1, 86_400),
    concurrency: whole('--concurrency', values.concurrency ?? '100', 10_000),
    users: whole('--users', values.users ?? '20', 100_000),
    kinds: values.only === undefined ? ['sign-ins', 'rentals'] : [kind(values.only)],
    json: values.json === true,
  }
}

function parse(words: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...words],
      options: {
        url: text,
        mailbox: text,
        rate: text,
        seconds: text,
        concurrency: text,
        users: text,
        only: text,
        json: flag,
        help: flag,
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function address(name: string, found: string): string {
  const url = URL.canParse(found) ? new URL(found) : undefined
  const plain = url?.pathname === '/' && url.search === '' && url.hash === ''
  if (plain && /^https?:$/.test(url.protocol)) return url.origin
  throw wrong(name, found, 'an http:// or https:// address without a path')
}

function number(name: string, found: string, least: number, most: number): number {
  const value = Number(found)
  if (/^[0-9]+(\.[0-9]+)?$/.test(found) && value >= least && value <= most) return value
  throw wrong(name, found, `a number from ${least} to ${most}`)
}

function whole(name: string, found: string, most: number): number {
  const value = Number(found)
  if (/^[0-9]+$/.test(found) && value >= 1 && value <= most) return value
  throw wrong(name, found, `a whole number from 1 to ${most}`)
}

function kind(found: string): Kind {
  const known = kinds.find((one) => one === found)
  if (known !== undefined) return known
  throw wrong('--only', found, `one of ${kinds.join(', ')}`)
}

const wrong = (name: string, found: string, allowed: string): UsageError =>
  new UsageError(`${name} is ${JSON.stringify(found)}: it must be ${allowed}`)
