/** How many of a group's queues a member should give away, so that all members get their share. Pure. */

/** How often, of the times that it looks, a member passes on one queue where the shares cannot be equal. */
const passOn = 1 / 30

/**
 * Nobody knows what the others have. Who has more than a fair share gives the excess away; who has one more than the
 * smallest fair share passes it on now and then, as another may have none.
 */
export function excess(own: number, queues: number, members: number, chance: number): number {
  if (members < 2) return 0
  const most = Math.ceil(queues / members)
  if (own > most) return own - most
  return own > Math.floor(queues / members) && own > 0 && chance < passOn ? 1 : 0
}
