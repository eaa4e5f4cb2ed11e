/** A bus by hand on two brokers: `mail.*` goes over the second, which is called `mails`. */
import type { Bus } from '../bus.ts'
import type { Contract } from '../contract.ts'
import {
  type ByHand,
  type ByHandOptions,
  type HandTransport,
  handTransport,
  type Note,
  noteContract,
  openByHand,
} from './by-hand.ts'

export const note: Contract<Note, 'reader'> = noteContract()
export const mail: Contract<Note, 'reader'> = noteContract({}, 'mail.written')

export interface Both extends ByHand {
  /** Carries `mail.*`. */
  readonly mails: HandTransport
}

export async function openBoth({ mails = handTransport({}, 'mails'), ...options }: BothOptions = {}): Promise<Both> {
  const routes = [{ topics: ['mail.*'], transport: mails }]
  const hand = await openByHand({ publishes: [note, mail], ...options, routes })
  return { ...hand, mails, [Symbol.asyncDispose]: hand[Symbol.asyncDispose] }
}

export type BothOptions = Partial<ByHandOptions> & { readonly mails?: HandTransport }

/** Publishes the numbers in one transaction, all under one key. */
export async function publish(hand: Both | ByHand, ...what: (typeof note | number)[]): Promise<void> {
  await hand.store.transaction(async (tx) => {
    for (let i = 0; i < what.length; i += 2) {
      await (hand.bus as Bus).publish(tx, what[i] as typeof note, { n: what[i + 1] as number, key: 'a' })
    }
  })
}

export const sent = (transport: HandTransport): number[] =>
  transport.batches.flat().map(({ body }) => (JSON.parse(new TextDecoder().decode(body)) as { n: number }).n)

export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
