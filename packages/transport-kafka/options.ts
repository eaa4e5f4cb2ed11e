/** What the opener is given: the URL and the options, checked and with their defaults. */
import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { BusError } from '@vestnik/bus/errors'
import { type Address, readUrl } from './url.ts'

export interface KafkaTransportOptions {
  /** What others call a topic, by its name in the contract; such a topic is used as it is found. @default {} */
  readonly topicNames?: Readonly<Record<string, string>>
  /** What the broker's logs and quotas call this program. @default 'vestnik' */
  readonly clientId?: string
  /** Certificates and keys for `kafkas:`; the server's certificate is always verified. @default what Node trusts */
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'servername'>
  /** Whether a password may go to another host without TLS. @default false */
  readonly plaintextAllowed?: boolean
  /** A longer body is refused; topics are made so that they take it. @default 1 MiB */
  readonly maxBodyBytes?: number
  /** How long a publish may make no progress before it is given up as doubtful. @default 10_000 */
  readonly publishMs?: number
  /** How many brokers hold each message of a topic that is made. @default what the broker says */
  readonly replicas?: number
  /** How many of them must hold it before it counts as published. @default what the broker says */
  readonly minInsyncReplicas?: number
  /** How long the broker keeps messages of a topic that is made. @default what the broker says, usually 7 days */
  readonly retentionMs?: number
  /** How long the inboxes of the groups remember what they handled: a topic that keeps more is told of. @default 7 days */
  readonly rememberMs?: number
  /**
   * How long a member that hears nothing of the broker believes that it is one, where it may not read the group's own
   * `consumer.session.timeout.ms`, which else decides. @default 6000
   */
  readonly sessionMs?: number
  /** Called with one sentence when something is worth an operator's while. @default does nothing */
  readonly log?: (text: string) => void
}

export interface Settings {
  readonly brokers: readonly Address[]
  /** The URL without user and password. */
  readonly shown: string
  readonly clientId: string
  readonly tls: ConnectionOptions | undefined
  readonly sasl: { readonly username: string; readonly password: string } | undefined
  readonly topicNames: Readonly<Record<string, string>>
  readonly maxBodyBytes: number
  readonly publishMs: number
  /** -1: what the broker says. */
  readonly replicas: number
  readonly minInsyncReplicas: number | undefined
  readonly retentionMs: number | undefined
  readonly rememberMs: number
  readonly sessionMs: number
  readonly log: (text: string) => void
}

const mebibyte = 1024 * 1024
const dayMs = 24 * 60 * 60 * 1000
const mostMs = 2 ** 31 - 1

/** @throws BusError `BAD_URL`, `BAD_OPTION` */
export function readSettings(url: string, options: KafkaTransportOptions): Settings {
  const { brokers, isSecure, user, caPath } = readUrl(url)
  if (user !== undefined && !isSecure && !options.plaintextAllowed && !brokers.every(({ host }) => isLoopback(host))) {
    const why = 'a password goes to another host by kafkas: only, unless plaintextAllowed'
    throw new BusError('BAD_URL', `open Kafka: the URL cannot be used: ${why}`)
  }
  const shown = `${isSecure ? 'kafkas' : 'kafka'}://${brokers.map(({ host, port }) => `${host}:${port}`).join(',')}`
  const { replicas = -1, minInsyncReplicas } = options
  if (replicas !== -1 && minInsyncReplicas !== undefined && minInsyncReplicas > replicas) {
    const why = `replicas is ${replicas}: it must be at least minInsyncReplicas, which is ${minInsyncReplicas}`
    throw new BusError('BAD_OPTION', `open Kafka: ${why}`)
  }
  return {
    brokers,
    shown,
    clientId: name('clientId', options.clientId ?? 'vestnik'),
    tls: isSecure ? { ...options.tls, ...(caPath !== undefined && { ca: readCa(caPath) }) } : undefined,
    sasl: user,
    topicNames: options.topicNames ?? {},
    maxBodyBytes: whole('maxBodyBytes', options.maxBodyBytes ?? mebibyte, 1, 64 * mebibyte),
    publishMs: whole('publishMs', options.publishMs ?? 10_000, 1, mostMs),
    replicas: options.replicas === undefined ? -1 : whole('replicas', options.replicas, 1, 32_767),
    minInsyncReplicas: optional('minInsyncReplicas', options.minInsyncReplicas, 32_767),
    retentionMs: optional('retentionMs', options.retentionMs),
    rememberMs: whole('rememberMs', options.rememberMs ?? 7 * dayMs, 1),
    sessionMs: whole('sessionMs', options.sessionMs ?? 6000, 1000, 300_000),
    log: options.log ?? (() => {}),
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function readCa(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new BusError('BAD_URL', `open Kafka: the certificates that ca= names cannot be read: ${path}`, { cause })
  }
}

function name(option: string, value: string): string {
  if (/^[A-Za-z0-9._-]{1,200}$/.test(value)) return value
  const allowed = 'it must be 1 to 200 letters, digits, dots, dashes and underscores'
  throw new BusError('BAD_OPTION', `open Kafka: ${option} is ${JSON.stringify(value)}: ${allowed}`)
}

function optional(option: string, value: number | undefined, most?: number): number | undefined {
  return value === undefined ? undefined : whole(option, value, 1, most)
}

function whole(option: string, value: number, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`
  throw new BusError('BAD_OPTION', `open Kafka: ${option} is ${String(value)}: it must be a whole number ${range}`)
}
