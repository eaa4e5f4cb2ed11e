/** The mail that people got, read from the mailbox as Mailpit's API shows it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

export interface Mail {
  /** The mailbox's own: a mail that came twice has two. */
  readonly id: string
  /** The sender's: a mail that came twice has one. */
  readonly messageId: string
  readonly to: string
  readonly subject: string
  /** When the mailbox got it, in milliseconds since 1970. */
  readonly at: number
  /** How it begins. */
  readonly text: string
}

export interface Mailbox {
  /** All that is there, the oldest first. */
  all(): Promise<readonly Mail[]>
  /**
   * The next mail to the address with a code, each once, the oldest first; a mail that came twice is one. Waits for it.
   * @throws Error when it does not come in time; its cause is why the mailbox could not be read, if it could not
   */
  nextCode(email: string, withinMs?: number): Promise<CodeMail>
  /** Passes over the mails with a code that came to the address so far: the next one is of what is asked from now on. */
  discardCodes(email: string): Promise<void>
}

export interface CodeMail extends Mail {
  readonly code: string
}

const pollMs = 20
const pageSize = 50

const list = z.object({
  messages: z.array(
    z
      .object({
        ID: z.string(),
        MessageID: z.string(),
        To: z.array(z.object({ Address: z.string() })).min(1),
        Subject: z.string(),
        Created: z.string(),
        Snippet: z.string(),
      })
      .transform(mailOf),
  ),
})

export function openMailbox(url: string): Mailbox {
  const known = new Map<string, Mail>()
  const messageIds = new Set<string>()
  /** Mails with a code that nobody has taken, by address. */
  const untaken = new Map<string, CodeMail[]>()
  let looking: Promise<void> | undefined

  /** Looks at what is new. The newest come first: a page without anything new is the last one to look at. */
  async function look(): Promise<void> {
    const found: Mail[] = []
    for (let start = 0; ; start += pageSize) {
      const { messages } = list.parse(await get(`${url}/api/v1/messages?start=${start}&limit=${pageSize}`))
      const fresh = messages.filter(({ id }) => !known.has(id))
      found.unshift(...fresh.toReversed())
      if (fresh.length < pageSize) break
    }
    for (const mail of found) keep(mail)
  }

  /** However many wait, one looks. */
  function lookTogether(): Promise<void> {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }

  function keep(mail: Mail): void {
    known.set(mail.id, mail)
    const code = /Ваш код: ([0-9]{6})/.exec(mail.text)?.[1]
    if (code === undefined || messageIds.has(mail.messageId)) return
    messageIds.add(mail.messageId)
    untaken.set(mail.to, [...(untaken.get(mail.to) ?? []), { ...mail, code }])
  }

  return {
    async all() {
      await lookTogether()
      return [...known.values()]
    },
    async nextCode(email, withinMs = 60_000) {
      const end = performance.now() + withinMs
      let cause: unknown
      for (;;) {
        const found = untaken.get(email)?.shift()
        if (found !== undefined) return found
        if (performance.now() > end) throw notInTime(email, withinMs, cause)
        cause = await lookTogether().catch((error: unknown) => error)
        await sleep(pollMs)
      }
    },
    async discardCodes(email) {
      await lookTogether()
      untaken.delete(email)
    },
  }
}

function notInTime(email: string, withinMs: number, cause: unknown): Error {
  const what = `no mail with a code came to ${email} within ${withinMs} ms`
  if (cause === undefined) return new Error(what)
  const why = cause instanceof Error ? cause.message : String(cause)
  return new Error(`${what}, and the mailbox could not be read: ${why}`, { cause })
}

function mailOf(found: {
  readonly ID: string
  readonly MessageID: string
  readonly To: readonly { readonly Address: string }[]
  readonly Subject: string
  readonly Created: string
  readonly Snippet: string
}): Mail {
  return {
    id: found.ID,
    messageId: found.MessageID,
    to: found.To[0]?.Address ?? '',
    subject: found.Subject,
    at: Date.parse(found.Created),
    text: found.Snippet,
  }
}

async function get(url: string): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) })
  if (!answer.ok) throw new Error(`GET ${url}: ${answer.status}`)
  return await answer.json()
}
