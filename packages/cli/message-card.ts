/** All about one message, for a person: what it is, what became of it, why, and what it says. */
import type { MessageDetail } from '@vestnik/bus'
import { showBody } from './mask.ts'
import { printable, printableJson, printableLines } from './printable.ts'
import type { Terminal } from './terminal.ts'
import { wrap } from './text-width.ts'
import { fromNow, momentAndAge } from './times.ts'

export interface CardOptions {
  /** Shows what the message calls secret. */
  readonly reveal: boolean
  /** A short card has no headers, and only the first lines of a body. */
  readonly short: boolean
}

type Field = readonly [label: string, text: string | undefined]

const indent = '  '
const labelWidth = 11
const shortBody = 20

export function messageCard(message: MessageDetail, terminal: Terminal, { reveal, short }: CardOptions): string {
  const { style } = terminal
  const name = message.state === 'dead' ? 'Dead letter' : 'Held message'
  const width = terminal.columns - indent.length - labelWidth
  const fields = (all: readonly Field[]) =>
    all.flatMap(([label, text]) => (text === undefined || text === '' ? [] : [fieldLines(label, text, width)])).flat()
  const body = bodyLines(message, reveal)
  return [
    ...wrap(`${name} ${message.pos}: ${printable(message.reason)}`, terminal.columns).map((line) =>
      style('bold', line),
    ),
    '',
    ...fields(whatItIs(message)),
    '',
    ...fields(whatBecame(message, terminal.now())),
    ...block('Headers', short ? [] : headerLines(message, terminal.columns)),
    ...block(bodyTitle(message, reveal), short ? firstOf(body, message.pos) : body),
  ].join('\n')

  function block(title: string, lines: readonly string[]): string[] {
    return lines.length === 0
      ? []
      : ['', `${indent}${style('bold', title)}`, ...lines.map((line) => indent + indent + line)]
  }
}

const whatItIs = (message: MessageDetail): readonly Field[] => [
  ['Topic', message.topic],
  ['Group', message.group],
  ['Key', message.key],
  ['Id', message.id],
  ['Source', message.source || 'a peer that does not say'],
  ['Origin', message.origin],
]

const whatBecame = (message: MessageDetail, now: number): readonly Field[] => [
  ['Published', momentAndAge(message.publishedAt, now)],
  ['Arrived', momentAndAge(message.arrivedAt, now)],
  [message.state === 'dead' ? 'Died' : 'Changed', momentAndAge(message.changedAt, now)],
  ['Next try', message.state === 'dead' ? undefined : nextTry(message, now)],
  ['Expires', message.expiresAt === undefined ? undefined : momentAndAge(message.expiresAt, now)],
  ['Attempts', String(message.attempts)],
  ['Uncertain', message.uncertain > 0 ? doubts(message.uncertain) : undefined],
  ['Edited', message.edited > 0 ? times(message.edited) : undefined],
  ['Parks', message.parks && message.key !== undefined ? 'later messages of its key wait behind it' : undefined],
  ['Revision', String(message.revision)],
  ['Error', [message.errorClass, message.errorMessage].filter(Boolean).join('\n')],
  ['At', message.errorFrame],
]

function nextTry({ dueAt }: MessageDetail, now: number): string | undefined {
  if (dueAt === undefined) return undefined
  return dueAt <= now ? `as soon as its turn comes (due ${fromNow(dueAt, now)})` : momentAndAge(dueAt, now)
}

const doubts = (count: number) => `its effect may have happened already${count > 1 ? `, ${times(count)}` : ''}`

const times = (count: number) => (count === 1 ? 'once' : `${count} times`)

function fieldLines(label: string, text: string, width: number): string[] {
  const lines = printableLines(text)
    .split('\n')
    .flatMap((line) => wrap(line, width))
  return lines.map((line, i) => indent + (i === 0 ? label : '').padEnd(labelWidth) + line)
}

function headerLines({ headers }: MessageDetail, columns: number): string[] {
  const width = columns - 2 * indent.length
  return Object.entries(headers).flatMap(([name, value]) => wrap(printable(`${name}: ${value}`), width))
}

function bodyTitle({ body, secret }: MessageDetail, reveal: boolean): string {
  const size = `Body, ${body.length.toLocaleString('en-US')} bytes`
  return secret.length > 0 && !reveal ? `${size}, secret fields masked` : size
}

/** The body's lines as they are: a copy of them is still the body. */
function bodyLines({ body, secret }: MessageDetail, reveal: boolean): string[] {
  const shown = showBody(body, reveal ? [] : secret)
  if (shown.kind === 'json') return printableJson(JSON.stringify(shown.value, null, 2)).split('\n')
  if (shown.kind === 'text') return printableLines(shown.text).split('\n')
  if (shown.kind === 'hidden') return ['Not shown: it is not JSON, and may hold a secret. --reveal shows it.']
  const lines = shown.hex.match(/.{1,32}/g) ?? []
  return shown.more > 0 ? [...lines, `and ${shown.more.toLocaleString('en-US')} bytes more`] : lines
}

function firstOf(lines: readonly string[], pos: number): readonly string[] {
  if (lines.length <= shortBody) return lines
  return [...lines.slice(0, shortBody), `… ${lines.length - shortBody} lines more: vestnik dead show ${pos}`]
}
