/** Whether a service can do its work: its own database is judged, the broker is only reported. */
import type { Route, Store, Transport } from '@vestnik/bus'
import type { HttpOptions, PartHealth } from './http.ts'

const patienceMs = 1000

/** With routes, each broker by the topics that go over it. */
export function healthOf(store: Store, transport: Transport, routes: readonly Route[] = []): HttpOptions['health'] {
  const brokers = [
    ['broker', transport],
    ...routes.map((route) => [`broker of ${route.topics.join(', ')}`, route.transport] as const),
  ] as const
  return async () => ({
    judged: { database: await databaseHealth(store) },
    reported: Object.fromEntries(brokers.map(([what, one]) => [what, { name: one.name, ...one.health() }])),
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
