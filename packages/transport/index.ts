/** From a URL to a transport: the one line of configuration that names the broker. */
import { BusError } from '@vestnik/bus/errors'
import type { Transport } from '@vestnik/bus/transport'

export type OpenedTransport = Transport & AsyncDisposable

/** Each scheme's opener. The transport itself is loaded when its scheme is used, so that nobody loads the others' clients. */
const openers: Readonly<Record<string, (rest: string) => Promise<Transport>>> = {
  sqlite: async (path) => (await import('@vestnik/transport-sqlite')).openSqliteTransport(path),
}

/**
 * Opens the broker that the URL names. `sqlite:<path>` is the embedded broker in a file, for processes of one machine.
 * @throws BusError `BAD_URL`, and what the transport's own opener throws
 */
export async function openTransport(url: string): Promise<OpenedTransport> {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/s.exec(url) ?? []
  const open = Object.hasOwn(openers, scheme) ? openers[scheme] : undefined
  if (open === undefined) throw badUrl(scheme === '' ? 'it has no scheme' : `${scheme}: is not a known scheme`)
  if (rest === '') throw badUrl(`there is nothing after ${scheme}:`)
  const transport = await open(rest)
  return Object.assign(transport, { [Symbol.asyncDispose]: () => transport.close() })
}

/** The URL itself is not shown: it may hold a password. */
function badUrl(why: string): BusError {
  const known = Object.keys(openers).map((scheme) => `${scheme}:`)
  return new BusError('BAD_URL', `open the broker's URL: ${why}; known: ${known.join(', ')}, such as sqlite:broker.db`)
}
