/** What every step of a person is made of: it is sent again while something is down, and what cannot be is told. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CallFailed, isPassing } from '../../tools/client/ask.ts'
import type { Backend } from '../../tools/client/person.ts'
import { type CommandKind, isRefusal, type Ledger } from './ledger.ts'

export interface Load {
  readonly backend: Backend
  readonly ledger: Ledger
  /** Nothing new is begun after it; what is under way is ended. */
  readonly over: AbortSignal
  /** Told of each answer that nobody expected. */
  readonly surprised: (text: string) => void
  /** Told of each command for which something was down a second time in a row. */
  readonly downAgain?: (text: string) => void
  /** Before a command is sent again for the first time; then longer, up to a second. @default 100 */
  readonly pauseMs?: number
}

/** Longer than a mail whose mailer was killed in the act waits for its claim to lapse: the account tells what became of it. */
const mailWithinMs = 90_000

/** This life goes on no more: all is over, or nothing came that it waited for. */
export class Over extends Error {}

type Insisting = Pick<Load, 'over' | 'surprised' | 'downAgain' | 'pauseMs'>

/** A life that ends early when all is over, or when it is told what cannot be. */
export async function live({ surprised }: Load, spend: () => Promise<void>): Promise<void> {
  try {
    await spend()
  } catch (error) {
    if (isRefusal(error)) surprised(error.message)
    else if (!(error instanceof Over)) throw error
  }
}

/**
 * Again until there is an answer. A server's error that is not "down for a while" is told, and may have taken effect.
 * @throws Over, or CallFailed for a refusal that is not expected
 */
export async function insist<Answer>(
  { over, surprised, downAgain, pauseMs: firstPauseMs = 100 }: Insisting,
  call: () => Promise<Answer>,
  expected: readonly number[] = [],
): Promise<Answer> {
  let down = 0
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(1_000, 2 * pauseMs)) {
    if (over.aborted) throw new Over()
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error
      const { status = 0, message } = error
      if (isRefusal(error) && !expected.includes(status)) throw error
      down = isPassing(error) ? down + 1 : 0
      if (down === 2) downAgain?.(message)
      if (status >= 500 && down === 0) surprised(message)
    }
    await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal: over }).catch(() => undefined)
  }
}

/**
 * What is good for once may be refused, with this status, when an answer was lost before: that says that it was used, and
 * the ledger is told.
 */
export async function confirm(
  load: Insisting & Pick<Load, 'ledger'>,
  kind: CommandKind,
  who: string,
  call: () => Promise<unknown>,
  about?: string,
  whenUsed = 422,
): Promise<void> {
  let sent = 0
  await insist(load, async () => {
    sent += 1
    await load.ledger.send(kind, who, call, about).catch((error: unknown) => {
      if (sent === 1 || !isRefusal(error) || error.status !== whenUsed) throw error
      load.ledger.tookEffect(kind, who, about)
    })
  })
}

/** What opens no door any more: that it is not refused is told, by its name. */
export async function expectRefusal(load: Insisting, what: string, call: () => Promise<unknown>): Promise<void> {
  await insist(load, async () => {
    try {
      await call()
    } catch (error) {
      if (isRefusal(error) && error.status === 401) return
      throw error
    }
    load.surprised(`${what} still opens a door`)
  })
}

/** The next code that was mailed to the address. */
export async function nextCode({ backend: { mailbox }, over }: Load, email: string): Promise<string> {
  const late = performance.now() + mailWithinMs
  while (!over.aborted && performance.now() < late) {
    const mail = await mailbox.nextCode(email, 1_000).catch(() => undefined)
    if (mail) return mail.code
  }
  throw new Over()
}

/** Up to twice so long. */
export async function pause({ over }: Load, meanMs: number): Promise<void> {
  await sleep(2 * meanMs * Math.random(), undefined, { signal: over }).catch(() => undefined)
}
