/** Kafka's URL: one broker or several that know the rest, `kafka:` or `kafkas:` for TLS, user and password for SCRAM-SHA-512. Pure. */
import { BusError } from '@vestnik/bus/errors'

export interface Address {
  /** An IPv6 address stands without its brackets. */
  readonly host: string
  readonly port: number
}

export interface KafkaUrl {
  readonly brokers: readonly Address[]
  readonly isSecure: boolean
  readonly user: { readonly username: string; readonly password: string } | undefined
  /** A PEM file with the certificates that are trusted instead of those that Node trusts. */
  readonly caPath: string | undefined
}

const defaultPort = 9092

/** @throws BusError `BAD_URL` */
export function readUrl(text: string): KafkaUrl {
  // No broker's URL has several hosts, so URL.parse knows none.
  const parts = /^(kafkas?):\/\/(?:([^@/?#]*)@)?([^@/?#]*)\/?(?:\?([^#]*))?$/.exec(text)
  if (parts === null) throw badUrl('it is not kafka://host:port or kafkas://host:port')
  const [, scheme, user, hosts = '', query = ''] = parts
  const isSecure = scheme === 'kafkas'
  return {
    brokers: hosts.split(',').map(readAddress),
    isSecure,
    user: readUser(user),
    caPath: readCaPath(query, isSecure),
  }
}

function readAddress(text: string): Address {
  const parts = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text)
  const host = parts?.[1] ?? parts?.[2]
  if (host === undefined) throw badUrl('it names no host, or one that is none')
  const port = Number(parts?.[3] ?? defaultPort)
  if (port < 1 || port > 65_535) throw badUrl(`${port} is no port`)
  return { host, port }
}

function readUser(text: string | undefined): KafkaUrl['user'] {
  if (text === undefined) return undefined
  const at = text.indexOf(':')
  if (at < 1 || at === text.length - 1) throw badUrl('a user without a password, or a password without a user, is none')
  try {
    return { username: decodeURIComponent(text.slice(0, at)), password: decodeURIComponent(text.slice(at + 1)) }
  } catch {
    throw badUrl('its user or password has a % that stands for nothing')
  }
}

function readCaPath(query: string, isSecure: boolean): string | undefined {
  if (query === '') return undefined
  const found = new URLSearchParams(query)
  for (const name of found.keys()) if (name !== 'ca') throw badUrl('it has parameters, and only ca is known')
  const paths = found.getAll('ca')
  if (paths.length !== 1 || paths[0] === '') throw badUrl('ca names one file')
  if (!isSecure) throw badUrl('ca is for kafkas:')
  return paths[0]
}

/** The URL itself is not shown: it may hold a password. */
function badUrl(why: string): BusError {
  return new BusError(
    'BAD_URL',
    `open Kafka: the URL cannot be used: ${why}; such as kafka://host:9092,other:9092 or kafkas://user:password@host:9093?ca=ca.pem`,
  )
}
