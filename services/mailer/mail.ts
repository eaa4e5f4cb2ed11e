/** One mail as the bytes that a server is given. A repeat has the same bytes: nothing in them is drawn by lot. */
import { createHash } from 'node:crypto'
import { permanent } from '@vestnik/bus'
import { normaliseEmail } from '@vestnik/contracts'
import MailComposer from 'nodemailer/lib/mail-composer'
import type { Letter } from './domain/letters.ts'

export interface Mail {
  readonly from: string
  /** One address. */
  readonly to: string
  readonly bytes: Uint8Array
}

export interface Sender {
  readonly address: string
  /** Shown beside the address; `''`: none. */
  readonly name: string
}

export interface Posting {
  readonly from: Sender
  readonly to: string
  readonly letter: Letter
  /** The same for every repeat: Message-ID and the boundaries of the parts are made of it. */
  readonly idempotencyKey: string
  /** When it was asked for: milliseconds since 1970. */
  readonly time: number
}

/** @throws BusError `PERMANENT` when it is not for exactly one address */
export async function composeMail({ from, to, letter, idempotencyKey, time }: Posting): Promise<Mail> {
  // Before the library sees it: no second address, and no line of a header, comes in by the address.
  if (normaliseEmail(to) === undefined) throw permanent('send a mail: it must be for exactly one e-mail address')
  const hash = createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 40)
  const message = new MailComposer({
    from: { name: from.name, address: from.address },
    to: { name: '', address: to },
    ...letter,
    messageId: `<${hash}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
    date: new Date(time),
    baseBoundary: hash,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return { from: from.address, to, bytes: await message.compile().build() }
}
