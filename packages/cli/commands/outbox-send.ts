/** `vestnik outbox send`: what the broker refused goes to it again. */
import type { Command } from 'commander'
import { changesAside } from '../outbox-change.ts'
import type { InSession } from '../program.ts'

const about =
  'Send messages that the broker refused again, each under its id: when what it refused them for is ' + 'mended.'

export function addOutboxSend(outbox: Command, inSession: InSession): void {
  const send = outbox.command('send').summary('send what was refused again').description(about)
  const next = 'What is refused again is set aside again.'
  changesAside(send, inSession, { what: 'send', done: 'Put back into the outbox:', next }, ({ operations, who }, pos) =>
    operations.sendAside(pos, who),
  )
}
