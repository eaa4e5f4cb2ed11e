/** What the opener is given: the URL and the options, checked and with their defaults. */
import { BusError } from '@vestnik/bus/errors'
import type { Options, SocketOptions } from 'amqplib'

export interface RabbitTransportOptions {
  /**
   * Topics that an existing peer carries on a plain durable queue of the topic's name, on the default exchange, without
   * headers: one group, no order. Such a queue is made where it is missing, and else used as it is found. @default []
   */
  readonly plainQueues?: readonly string[]
  /** What others call a topic, by its name in the contract. @default {} */
  readonly topicNames?: Readonly<Record<string, string>>
  /** Certificates and keys for `amqps:`; the server's certificate is always verified. @default what Node trusts */
  readonly tls?: Pick<SocketOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'servername'>
  /** A longer body is refused. The broker's own limit is 16 MiB from 4.0 on. @default 1 MiB */
  readonly maxBodyBytes?: number
  /** How long a publish may make no progress before it is given up as doubtful. @default 10_000 */
  readonly publishMs?: number
  /** Either side is given up when nothing came of it for two to three times as long. @default 3 */
  readonly heartbeatSeconds?: number
  /**
   * How many messages of one queue a member holds at most; with order by key a group has a queue for each partition. It
   * must be the same in all processes of a group: a smaller one in its next owner would change the order.
   * @default 128 with order by key, else 1000
   */
  readonly prefetch?: number
  /**
   * How long `ensure` waits after it made a queue: a quorum queue's place on the disk is written some seconds after the
   * broker has answered, and a broker that is killed before forgets what the queue held. The same in all processes.
   * @default 4000
   */
  readonly settleMs?: number
  /**
   * How often it is looked whether the queues of topics with several groups are still there and bound, as what misses one
   * of these groups reaches the others, and nothing else tells; and whether each queue that is read knows its reader.
   * @default 10_000
   */
  readonly lookMs?: number
  /** Called with one sentence when something is worth an operator's while. @default does nothing */
  readonly log?: (text: string) => void
}

export interface Settings {
  readonly address: Options.Connect
  readonly socket: SocketOptions
  /** The URL without its password. */
  readonly shown: string
  readonly plainQueues: ReadonlySet<string>
  readonly topicNames: Readonly<Record<string, string>>
  readonly maxBodyBytes: number
  readonly publishMs: number
  readonly heartbeatSeconds: number
  readonly orderedPrefetch: number
  readonly freePrefetch: number
  readonly settleMs: number
  readonly lookMs: number
  readonly log: (text: string) => void
}

const mebibyte = 1024 * 1024

/** @throws BusError `BAD_URL`, `BAD_OPTION` */
export function readSettings(url: string, options: RabbitTransportOptions): Settings {
  const heartbeatSeconds = whole('heartbeatSeconds', options.heartbeatSeconds ?? 3, 1, 60)
  const parsed = readUrl(url)
  return {
    address: { ...addressOf(parsed), heartbeat: heartbeatSeconds },
    socket: { ...options.tls, noDelay: true, keepAlive: true, timeout: 1000 * heartbeatSeconds },
    shown: `${parsed.protocol}//${parsed.host}${parsed.pathname}`,
    plainQueues: new Set(options.plainQueues ?? []),
    topicNames: options.topicNames ?? {},
    maxBodyBytes: whole('maxBodyBytes', options.maxBodyBytes ?? mebibyte, 1, 128 * mebibyte),
    publishMs: whole('publishMs', options.publishMs ?? 10_000, 1),
    heartbeatSeconds,
    orderedPrefetch: whole('prefetch', options.prefetch ?? 128, 1, 65_535),
    freePrefetch: whole('prefetch', options.prefetch ?? 1000, 1, 65_535),
    settleMs: whole('settleMs', options.settleMs ?? 4000, 0),
    lookMs: whole('lookMs', options.lookMs ?? 10_000, 1, 3_600_000),
    log: options.log ?? (() => {}),
  }
}

function readUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null) throw badUrl('it is not a URL')
  if (url.protocol !== 'amqp:' && url.protocol !== 'amqps:') throw badUrl(`${url.protocol} is not amqp: or amqps:`)
  if (url.hostname === '') throw badUrl('it names no host')
  if (url.search !== '' || url.hash !== '') throw badUrl('it has parameters, and none are known')
  if (url.pathname.slice(1).includes('/')) throw badUrl('a slash in the name of a virtual host is written %2F')
  return url
}

function addressOf(url: URL): Options.Connect {
  const named = url.username !== '' || url.password !== ''
  try {
    return {
      protocol: url.protocol.slice(0, -1),
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port) || (url.protocol === 'amqps:' ? 5671 : 5672),
      username: named ? decodeURIComponent(url.username) : 'guest',
      password: named ? decodeURIComponent(url.password) : 'guest',
      vhost: url.pathname.slice(1) || '/',
    }
  } catch {
    throw badUrl('its user or password has a % that stands for nothing')
  }
}

/** The URL itself is not shown: it may hold a password. */
function badUrl(why: string): BusError {
  return new BusError(
    'BAD_URL',
    `open RabbitMQ: the URL cannot be used: ${why}; such as amqp://user:password@host/vhost`,
  )
}

function whole(name: string, value: number, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`
  throw new BusError('BAD_OPTION', `open RabbitMQ: ${name} is ${String(value)}: it must be a whole number ${range}`)
}
