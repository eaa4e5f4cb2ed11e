/** What leaves this host in production does so by TLS. */
import { BusError } from '@vestnik/bus/errors'
import { readBrokerUrl } from './broker-url.ts'
import { isLoopback } from './fields.ts'
import { masked } from './variables.ts'

/** Protocols without TLS, and what stands for them with it. */
const secured: Readonly<Record<string, string>> = { http: 'https', amqp: 'amqps', kafka: 'kafkas' }

/**
 * In production what is not on this machine is reached by TLS, unless `ALLOW_PLAINTEXT=yes`.
 * @throws BusError `BAD_CONFIG`
 */
export function refusePlaintext(
  { production, plaintextAllowed }: { readonly production: boolean; readonly plaintextAllowed: boolean },
  variable: string,
  url: string,
): void {
  const { scheme = '', hosts = [] } = readBrokerUrl(url) ?? {}
  const needed = secured[scheme]
  if (!production || plaintextAllowed || needed === undefined || hosts.every(isLoopback)) return
  const why = 'with NODE_ENV=production nothing leaves this host without TLS, unless ALLOW_PLAINTEXT=yes'
  throw new BusError(
    'BAD_CONFIG',
    `${variable} is "${masked(url)}": it must be ${needed === 'kafkas' ? 'a' : 'an'} ${needed}:// address; ${why}`,
  )
}
