/** One process of this machine at a time has its turn; it is over when it says so, or when it ends, however that happens. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Resolves with the way to end it. The name is that of a socket without a file, as Linux has it.
 *
 * @throws Error when another does not end its turn within the time
 */
export async function takeTurn(name: string, withinMs: number): Promise<() => void> {
  const end = performance.now() + withinMs
  for (;;) {
    const server = createServer()
    const listening = once(server, 'listening')
    server.listen(`\0vestnik-${name}`)
    const isOurs = await listening.then(
      () => true,
      () => false,
    )
    if (isOurs) return () => void server.unref().close()
    if (performance.now() > end) throw new Error(`another has had its turn with ${name} for ${withinMs} ms`)
    await sleep(100)
  }
}
