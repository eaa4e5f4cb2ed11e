/** No change without a yes: from the person at the terminal, or given beforehand. */
import { BusError } from '@vestnik/bus'
import type { Session } from './session.ts'

/**
 * Whether the change is wanted. `what` names it in errors.
 * @throws BusError `NOT_CONFIRMED` where nobody can be asked
 */
export async function isWanted(
  { terminal, json }: Session,
  { what, question, yes }: { readonly what: string; readonly question: string; readonly yes: boolean },
): Promise<boolean> {
  if (yes) return true
  if (json || !terminal.ask) {
    const why = json ? 'with --json nobody is asked' : 'nobody is here to be asked'
    throw new BusError('NOT_CONFIRMED', `${what}: ${why}, so nothing was changed`)
  }
  if (await terminal.ask(question)) return true
  terminal.tell('Nothing was changed.')
  return false
}
