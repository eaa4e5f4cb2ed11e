/** What a database's URL says: where it is, as whom, and how the connection is kept private. Its password is never shown. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { BusError } from '@vestnik/bus/errors'

export interface Target {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | undefined
  readonly database: string
  readonly applicationName: string
  /** Undefined: the one that the server gives to the user. */
  readonly schema: string | undefined
  /** Undefined: without TLS. */
  readonly tls: Tls | undefined
  /** The URL for people, without its password. */
  readonly shown: string
}

export interface Tls {
  /** PEM of whom to trust; undefined: whom Node trusts. */
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  /** False: any name that a trusted authority vouches for. */
  readonly checkName: boolean
}

const known = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'host', 'application_name', 'schema']

/**
 * Reads `postgres://user:password@host:5432/database?sslmode=verify-full&sslrootcert=/path/ca.pem`. Without `sslmode` a
 * host elsewhere is reached by TLS with its certificate verified, this host without.
 * @throws BusError `BAD_URL`
 */
export function readUrl(text: string): Target {
  const url = parse(text)
  const query = queryOf(url)
  const host = hostOf(url, query)
  const database = decoded(url.pathname.slice(1), 'database')
  const user = decoded(url.username, 'user')
  const password = url.password === '' ? undefined : decoded(url.password, 'password')
  const shown = `postgres://${url.username}@${url.host}${url.pathname}`
  if (database === '') throw bad('it names no database: postgres://user:password@host:5432/database')
  if (user === '') throw bad('it names no user: postgres://user:password@host:5432/database')
  return {
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    user,
    password,
    database,
    applicationName: query.get('application_name') ?? 'vestnik',
    schema: query.get('schema'),
    tls: tlsOf(host, query),
    shown,
  }
}

const bad = (why: string, cause?: unknown): BusError =>
  new BusError('BAD_URL', `open a PostgreSQL database: its URL cannot be used: ${why}`, { cause })

function parse(text: string): URL {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()
  if (scheme !== 'postgres' && scheme !== 'postgresql') {
    throw bad(`its scheme is ${scheme === undefined ? 'missing' : `"${scheme}:"`}: it must be postgres: or postgresql:`)
  }
  // Of an error nothing is passed on, as it quotes the URL. A URL with only a socket's folder has no host.
  const url = URL.parse(text.replace(/^([^:]+:\/\/[^/?#]*@)(?=\/)/, '$1localhost'))
  if (url === null) throw bad('it is not a URL; characters like @ : / ? # % in a user or password are written as %40 …')
  if (url.search.includes('@')) throw bad('it has an @ behind a ?; in a user or password ? is written as %3F')
  if (url.hash !== '') throw bad('it has a part behind #; in a password that is written as %23')
  return url
}

function queryOf({ searchParams }: URL): ReadonlyMap<string, string> {
  const query = new Map(searchParams)
  const unknown = [...query.keys()].find((name) => !known.includes(name))
  if (unknown !== undefined) throw bad(`it has the parameter "${unknown}": allowed are ${known.join(', ')}`)
  return query
}

function hostOf(url: URL, query: ReadonlyMap<string, string>): string {
  const host = query.get('host') ?? url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (host === '') throw bad('it names no host: postgres://user:password@host:5432/database')
  if (query.has('host') && !host.startsWith('/')) throw bad('its parameter host must be the folder of a Unix socket')
  return decoded(host, 'host')
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw bad(`its ${what} has a % that begins no escape; a % itself is written as %25`)
  }
}

const modes = ['disable', 'verify-ca', 'verify-full']

function tlsOf(host: string, query: ReadonlyMap<string, string>): Tls | undefined {
  const mode = query.get('sslmode') ?? (isHere(host) ? 'disable' : 'verify-full')
  if (!modes.includes(mode)) {
    throw bad(`its sslmode is "${mode}", which verifies no certificate: allowed are ${modes.join(', ')}`)
  }
  const files = { ca: fileOf(query, 'sslrootcert'), cert: fileOf(query, 'sslcert'), key: fileOf(query, 'sslkey') }
  return mode === 'disable' ? undefined : { ...files, checkName: mode === 'verify-full' }
}

/** Nothing that leaves this machine goes over such a connection. */
function isHere(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function fileOf(query: ReadonlyMap<string, string>, name: string): string | undefined {
  const path = query.get(name)
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'no reason given'
    throw bad(`its ${name} names ${path}, which cannot be read (${why})`, error)
  }
}
