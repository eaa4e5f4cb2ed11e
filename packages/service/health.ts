/** Whether a service can do its work: its own database is judged, the broker is only reported. */
import type { Store, Transport } from '@vestnik/bus'
import type { HttpOptions, PartHealth } from './http.ts'

const patienceMs = 1000

export function healthOf(store: Store, transport: Transport): HttpOptions['health'] {
  return async () => ({
    judged: { database: await databaseHealth(store) },
    reported: { broker: { name: transport.name, ...transport.health() } },
  })
}

/** Whether the database answers within a second. */
export async function databaseHealth(store: Store): Promise<PartHealth> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${patienceMs} ms`)), patienceMs)
  try {
    await Promise.race([store.read((tx) => tx.query('SELECT 1', [])), late.promise])
    return { ready: true }
  } catch (error) {
    return { ready: false, reason: error instanceof Error ? error.message : String(error) }
  } finally {
    clearTimeout(timer)
  }
}
