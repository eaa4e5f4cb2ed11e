/** `vestnik outbox drop`: what the broker refused is never sent. */
import type { Command } from 'commander'
import { changesAside } from '../outbox-change.ts'
import type { InSession } from '../program.ts'

export function addOutboxDrop(outbox: Command, inSession: InSession): void {
  const drop = outbox.command('drop').description('drop messages that the broker refused: nobody will get them')
  changesAside(drop, inSession, { what: 'drop', done: 'Dropped', next: '' }, ({ operations, who }, pos) =>
    operations.dropAside(pos, who),
  )
}
