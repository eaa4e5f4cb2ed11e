/** Opens the embedded broker in whatever process a law asks for. */
import type { Transport } from '@vestnik/bus/transport'
import { openSqliteTransport } from './index.ts'

export const leaseMs = 500

export function openForLaws(path: string): Promise<Transport> {
  return openSqliteTransport(path, { leaseMs, lockMs: 1000 })
}
