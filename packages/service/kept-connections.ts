/** What a stopping service does with connections that clients keep for their next request: it ends each after its answer. */
import type { Http } from './http.ts'

const lookMs = 50

/** Else one request that is under way when the service stops would keep it for as long as its client likes. */
export function endKeptConnections(http: Http): void {
  let stopping = false
  http.addHook('preClose', async () => {
    stopping = true
    if (!http.server.listening) return
    // Also one whose answer was on its way just then.
    const looking = setInterval(() => http.server.closeIdleConnections(), lookMs)
    http.server.once('close', () => clearInterval(looking))
  })
  // Told so, nobody sends the next request on it.
  http.addHook('onSend', async (_request, reply) => {
    if (stopping) reply.header('connection', 'close')
  })
}
