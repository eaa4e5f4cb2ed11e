/** The program of a member in a process of its own: opens the transport that it is told, and does as the laws say. */
import type { Transport } from '@vestnik/bus'
import { openJournal } from './journal.ts'
import { type Entry, type Member, memberOn } from './member.ts'
import { type OpenByName, openHere } from './opening.ts'
import { serve } from './process.ts'

let opened: Member | undefined

function member(): Member {
  if (!opened) throw new Error('the transport is not open yet')
  return opened
}

serve({
  async open(opening: OpenByName, name: string, journalPath: string) {
    opened = memberOn(await openHere<Transport>(opening), name, openJournal<Entry>(journalPath))
  },
  async run<Command extends keyof Member>(command: Command, values: Parameters<Member[Command]>) {
    const run = member()[command] as (...values: Parameters<Member[Command]>) => unknown
    return await run(...values)
  },
})
