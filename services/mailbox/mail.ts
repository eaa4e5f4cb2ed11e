/** One mail as Mailpit's API tells it. A mail that cannot be parsed is told by its envelope. */
import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime'
import { snippetOf, textOfHtml } from './mail-text.ts'

/** What came in by SMTP. */
export interface Arrival {
  readonly id: string
  /** Milliseconds. */
  readonly receivedAt: number
  readonly envelope: Envelope
  readonly raw: Uint8Array
}

export interface Envelope {
  readonly from: string
  readonly to: readonly string[]
  /** As whom the sender signed in, or empty. */
  readonly username: string
}

export interface Person {
  readonly Name: string
  readonly Address: string
}

interface Head {
  readonly ID: string
  readonly MessageID: string
  readonly From: Person
  readonly To: readonly Person[]
  readonly Cc: readonly Person[]
  /** Recipients of the envelope that no header names, too. */
  readonly Bcc: readonly Person[]
  readonly ReplyTo: readonly Person[]
  readonly Subject: string
  readonly Username: string
  readonly Tags: readonly string[]
  /** Bytes of the source. */
  readonly Size: number
}

/** Mailpit's `MessageSummary`, without `Read`. */
export interface Summary extends Head {
  readonly Created: string
  readonly Attachments: number
  readonly Snippet: string
}

/** Mailpit's `Message`. */
export interface Message extends Head {
  readonly ReturnPath: string
  /** As the mail says, else when it came. */
  readonly Date: string
  readonly Text: string
  readonly HTML: string
  readonly Inline: readonly Part[]
  readonly Attachments: readonly Part[]
  readonly ListUnsubscribe: {
    readonly Header: string
    readonly Links: readonly string[]
    readonly Errors: string
    readonly HeaderPost: string
  }
}

export interface Part {
  readonly PartID: string
  readonly FileName: string
  readonly ContentType: string
  readonly ContentID: string
  readonly Size: number
}

/** A part's description and its bytes. */
export interface PartContent extends Part {
  readonly content: Uint8Array
}

/** A mail, read. */
export interface Mail {
  readonly summary: Summary
  readonly message: Message
  readonly parts: readonly PartContent[]
}

const noMail: Email = { headers: [], headerLines: [], attachments: [] }

export async function readMail(arrival: Arrival): Promise<Mail> {
  const { raw, receivedAt } = arrival
  const email = await PostalMime.parse(raw, { rfc822Attachments: true, maxNestingDepth: 64 }).catch(() => noMail)
  const head = headOf(arrival, email)
  const parts = email.attachments.map(partOf)
  const inline = parts.filter((_, i) => isInline(email.attachments[i]))
  const attached = parts.filter((part) => !inline.includes(part))
  const html = email.html ?? ''
  const text = email.text ?? textOfHtml(html)
  const created = new Date(receivedAt).toISOString()
  return {
    summary: { ...head, Created: created, Attachments: attached.length, Snippet: snippetOf(text) },
    message: {
      ...head,
      ReturnPath: arrival.envelope.from,
      Date: isoDate(email.date) ?? created,
      Text: text,
      HTML: html,
      Inline: inline.map(described),
      Attachments: attached.map(described),
      ListUnsubscribe: unsubscribeOf(email),
    },
    parts,
  }
}

function headOf({ id, envelope, raw }: Arrival, email: Email): Head {
  const To = people(email.to)
  const Cc = people(email.cc)
  const named = people(email.bcc)
  const told = new Set([...To, ...Cc, ...named].map(({ Address }) => Address.toLowerCase()))
  const untold = envelope.to.filter((address) => !told.has(address.toLowerCase()))
  return {
    ID: id,
    MessageID: email.messageId?.replace(/^<(.*)>$/s, '$1') ?? '',
    From: people(email.from === undefined ? [] : [email.from])[0] ?? { Name: '', Address: envelope.from },
    To,
    Cc,
    Bcc: [...named, ...untold.map((Address) => ({ Name: '', Address }))],
    ReplyTo: people(email.replyTo),
    Subject: email.subject ?? '',
    Username: envelope.username,
    Tags: [],
    Size: raw.length,
  }
}

/** The members of a group are told one by one. */
function people(addresses: readonly Address[] = []): Person[] {
  return addresses
    .flatMap((one) => one.group ?? [one])
    .map(({ name, address }) => ({ Name: name, Address: address ?? '' }))
}

function partOf(attachment: Attachment, index: number): PartContent {
  const { content } = attachment
  const bytes = typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content)
  return {
    PartID: String(index + 1),
    FileName: attachment.filename ?? '',
    ContentType: attachment.mimeType,
    ContentID: attachment.contentId?.replace(/^<(.*)>$/s, '$1') ?? '',
    Size: bytes.length,
    content: bytes,
  }
}

const isInline = (attachment: Attachment | undefined): boolean =>
  attachment?.related === true || attachment?.disposition === 'inline'

const described = ({ content: _content, ...part }: PartContent): Part => part

function unsubscribeOf(email: Email): Message['ListUnsubscribe'] {
  const header = (name: string): string => email.headers.find(({ key }) => key === name)?.value ?? ''
  const Header = header('list-unsubscribe')
  const Links = [...Header.matchAll(/<([^<>\s]+)>/g)].map(([, link]) => link ?? '')
  return { Header, Links, Errors: '', HeaderPost: header('list-unsubscribe-post') }
}

function isoDate(date: string | undefined): string | undefined {
  const time = Date.parse(date ?? '')
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}
