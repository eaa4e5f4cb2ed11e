/** The URL of a service's own database: a file, or a server whose every parameter is checked before anything is opened. */
import { BusError, hasCode } from '@vestnik/bus/errors'
import { readUrl, type Target } from '@vestnik/store-postgres/url'
import { type Field, isLoopback, schemeUrl } from './fields.ts'
import { masked } from './variables.ts'

export const isPostgres = (url: string): boolean => /^postgres(ql)?:/i.test(url)

export function databaseUrl(service: string): Field<string | undefined> {
  const example = `sqlite:data/${service}.db or postgres://user:password@host/database`
  return schemeUrl(['sqlite', 'postgres', 'postgresql'], example)
}

/**
 * In production no server on another host is reached without TLS, unless `ALLOW_PLAINTEXT=yes`.
 * @throws BusError `BAD_CONFIG` for that, and for a URL that cannot be used
 */
export function checkDatabase(
  variable: string,
  url: string,
  { production, plaintextAllowed }: { readonly production: boolean; readonly plaintextAllowed: boolean },
): void {
  if (!isPostgres(url)) return
  const { host, tls } = readTarget(variable, url)
  if (!production || plaintextAllowed || tls || host.startsWith('/') || isLoopback(host)) return
  const why = 'with NODE_ENV=production nothing leaves this host without TLS, unless ALLOW_PLAINTEXT=yes'
  throw new BusError('BAD_CONFIG', `${variable} is "${masked(url)}": its sslmode must be verify-full; ${why}`)
}

function readTarget(variable: string, url: string): Target {
  try {
    return readUrl(url)
  } catch (error) {
    if (!hasCode(error, 'BAD_URL')) throw error
    throw new BusError('BAD_CONFIG', `${variable} is "${masked(url)}": ${error.message}`, { cause: error })
  }
}
