/** What `npm run load` is told on its command line. */
import { numberOf, oneOf, parseWords, wholeOf, wrong } from '../command-line.ts'

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

const texts = ['url', 'mailbox', 'rate', 'seconds', 'concurrency', 'users', 'only'] as const

/** Undefined when help was asked for. @throws UsageError */
export function readOptions(words: readonly string[]): LoadOptions | undefined {
  const values = parseWords(words, texts, ['json'])
  if (values.help === true) return undefined
  return {
    url: address('--url', values.url ?? 'http://localhost:3000'),
    mailbox: address('--mailbox', values.mailbox ?? 'http://localhost:8025'),
    rate: numberOf('--rate', values.rate ?? '20', 0.1, 10_000),
    seconds: numberOf('--seconds', values.seconds ?? '10', 0.1, 86_400),
    concurrency: wholeOf('--concurrency', values.concurrency ?? '100', 1, 10_000),
    users: wholeOf('--users', values.users ?? '20', 1, 100_000),
    kinds: values.only === undefined ? ['sign-ins', 'rentals'] : [oneOf('--only', values.only, kinds)],
    json: values.json === true,
  }
}

function address(name: string, found: string): string {
  const url = URL.canParse(found) ? new URL(found) : undefined
  const plain = url?.pathname === '/' && url.search === '' && url.hash === ''
  if (plain && /^https?:$/.test(url.protocol)) return url.origin
  throw wrong(name, found, 'an http:// or https:// address without a path')
}
