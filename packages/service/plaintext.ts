/** What leaves this host in production does so by TLS. */
import { BusError } from '@vestnik/bus/errors'
import { isLoopback } from './fields.ts'
import { masked } from './variables.ts'

/** Protocols without TLS, and what stands for them with it. */
const secured: Readonly<Record<string, string>> = { 'http:': 'https:', 'amqp:': 'amqps:' }

/**
 * In production what is not on this machine is reached by TLS, unless `ALLOW_PLAINTEXT=yes`.
 * @throws BusError `BAD_CONFIG`
 */
export function refusePlaintext(
  { production, plaintextAllowed }: { readonly production: boolean; readonly plaintextAllowed: boolean },
  variable: string,
  url: string,
): void {
  const { protocol, hostname } = new URL(url)
  const needed = secured[protocol]
  if (!production || plaintextAllowed || needed === undefined || isLoopback(hostname)) return
  const why = 'with NODE_ENV=production nothing leaves this host without TLS, unless ALLOW_PLAINTEXT=yes'
  throw new BusError('BAD_CONFIG', `${variable} is "${masked(url)}": it must be an ${needed}// address; ${why}`)
}
