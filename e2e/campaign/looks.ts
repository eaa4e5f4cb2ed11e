/** What is looked at while a campaign runs and when it is over: what was answered, and what is in the books. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, accountOf } from './account.ts'
import { readFound } from './books.ts'
import type { Found } from './found.ts'
import type { Ground } from './ground.ts'
import { type Command, commandKinds } from './ledger.ts'

/** Between two looks. */
export const lookMs = 500
/** What comes a second time comes soon, where nothing else is under way. */
export const quietMs = 5_000

/** Each kind of command has been answered, or nothing was for so long: on a busy machine the faults may leave no time. */
export async function untilEachAnswered(
  commands: readonly Command[],
  patienceMs: number,
  signal: AbortSignal,
): Promise<void> {
  const late = performance.now() + patienceMs
  const open = () =>
    commandKinds.some((kind) => !commands.some((one) => one.kind === kind && one.answeredAt !== undefined))
  while (open() && performance.now() < late && !signal.aborted) await sleep(lookMs)
}

/** `befell`: what was done to the ground, and what surprised those who put on load. */
export async function accountNow(
  { books, mailbox, printed, instances }: Ground,
  commands: readonly Command[],
  befell: Pick<Found, 'brokenOff' | 'kills' | 'surprises'>,
): Promise<Account> {
  return accountOf(commands, {
    ...(await readFound(books, await mailbox.all(), printed)),
    ...befell,
    surprises: [...befell.surprises, ...instances.flatMap(({ unhandled }) => unhandled)],
  })
}
