/** One connection to the server. Statements are sent at once, also while earlier ones are not answered yet. */
import { Socket } from 'node:net'
import { type ConnectionOptions, checkServerIdentity } from 'node:tls'
import { BusError } from '@vestnik/bus/errors'
import type { Row, SqlValue } from '@vestnik/bus/store'
import { Client, type QueryResult } from 'pg'
import { connectError, isLost, isMiscounted, isReadOnly, refused, unreachable } from './failures.ts'
import { namesOfStatements } from './statements.ts'
import type { Target, Tls } from './url.ts'
import { bindable, readerOf, shorten } from './values.ts'

export interface Connection {
  /** The server's process, as notifications name it. */
  readonly processId: number
  /** Runs one statement and answers its rows. */
  query(sql: string, values: readonly SqlValue[]): Promise<readonly Row[]>
  /** Runs statements of our own, without values, in one message; answers what the last of them did. */
  command(sql: string, answerMs?: number): Promise<Done>
  /** Why it cannot be used any more; undefined while it can. */
  lost(): unknown
  /** Hears of notifications: the process that sent one. */
  listen(heard: (processId: number) => void): void
  /** Called once, when the connection is lost or closed. */
  onEnd(ended: () => void): void
  /** Lets the server know, and resolves when the connection is gone. */
  close(): Promise<void>
  /** Cuts it. */
  destroy(): void
}

/** What a command did: the server's word for it, and the rows before. */
export interface Done {
  readonly tag: string
  readonly rows: readonly Row[]
}

export interface ConnectOptions {
  readonly schema: string | undefined
  /** How long a statement of a work may take. */
  readonly workMs: number
  /** How long a lock may be waited for. */
  readonly lockMs: number
}

/** The functions that the outbox reads below running transactions by came with this version. */
const leastVersion = 13
const connectMs = 5_000
/** A statement that is not answered within this time is not going to be: the server stands still, or the link does. */
const answerMs = 6_000
/** A process that stopped inside a transaction keeps its locks no longer. */
const idleInTransactionMs = 4_000

/** @throws BusError `DATABASE_REFUSED` for what waiting cannot mend, `DATABASE_UNREACHABLE` */
export async function connect(target: Target, options: ConnectOptions): Promise<Connection> {
  const socket = new Socket()
  let wasAsked = false
  const client = new Client({
    host: target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    application_name: target.applicationName,
    password: () => {
      wasAsked = true
      return target.password ?? ''
    },
    ssl: target.tls ? tlsOptions(target.tls) : false,
    stream: () => socket,
    types: { getTypeParser: readerOf as unknown as Client['getTypeParser'] },
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    pipeline: true,
  })
  const connection = wrap(client, socket)
  try {
    await client.connect()
    await prepare(connection, target, options)
    return connection
  } catch (error) {
    connection.destroy()
    if (wasAsked && target.password === undefined) throw refused(target.shown, 'the server asks for a password', error)
    // All that a server without TLS says is one byte.
    if (target.tls && socket.bytesRead === 1) throw refused(target.shown, 'the server offers no TLS', error)
    throw connectError(target.shown, error)
  }
}

function tlsOptions({ ca, cert, key, checkName }: Tls): ConnectionOptions {
  return {
    rejectUnauthorized: true,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    checkServerIdentity: checkName ? checkServerIdentity : () => undefined,
  }
}

/** Looks whether the server can keep our promises, and says what holds on this connection. */
async function prepare(connection: Connection, { shown }: Target, options: ConnectOptions): Promise<void> {
  const { rows } = await connection.command(
    `SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby,
      current_setting('synchronous_commit') AS durable`,
  )
  const [{ version, standby, durable } = {}] = rows
  const major = Math.floor(Number(version) / 10_000)
  if (major < leastVersion)
    throw refused(shown, `the server is PostgreSQL ${major}: at least ${leastVersion} is needed`)
  if (standby === 1) throw unreachable(shown, 'the server is a standby, which takes no writes')
  await connection.command(
    [
      `SET statement_timeout = ${options.workMs}`,
      `SET lock_timeout = ${options.lockMs}`,
      `SET idle_in_transaction_session_timeout = ${idleInTransactionMs}`,
      `SET default_transaction_isolation = 'read committed'`,
      `SET extra_float_digits = 1`,
      `SET bytea_output = 'hex'`,
      `SET client_min_messages = warning`,
      // What is said to be kept must be on the disk.
      ...(durable === 'off' ? ['SET synchronous_commit = on'] : []),
      ...(options.schema === undefined ? [] : [`SET search_path = ${options.schema}`]),
    ].join('; '),
  )
}

function wrap(client: Client, socket: Socket): Connection {
  const nameOf = namesOfStatements()
  let gathering = false
  let lost: unknown
  let ended: (() => void) | undefined
  const gone = Promise.withResolvers<void>()

  const lose = (error: unknown): void => {
    if (lost !== undefined) return
    lost = error
    socket.destroy()
    ended?.()
  }
  client.on('error', lose)
  client.on('end', () => {
    lose(new Error('the connection ended'))
    gone.resolve()
  })

  /** What is sent in one turn of the event loop goes in one piece. */
  function gather(): void {
    if (gathering) return
    gathering = true
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
    stream.cork()
    process.nextTick(() => {
      gathering = false
      stream.uncork()
    })
  }

  async function send(query: Sent): Promise<QueryResult | readonly QueryResult[]> {
    if (lost !== undefined) throw lost
    try {
      gather()
      return await client.query(query)
    } catch (error) {
      if (isLost(error) || isReadOnly(error)) lose(error)
      throw error
    }
  }

  return {
    get processId() {
      return (client as unknown as { processID: number }).processID
    },
    async query(sql, values) {
      const bound = bindable(sql, values)
      const name = nameOf(sql)
      try {
        const query = {
          text: sql,
          values: bound,
          queryMode: 'extended',
          query_timeout: answerMs,
          ...(name && { name }),
        }
        return ((await send(query)) as QueryResult).rows
      } catch (error) {
        throw isMiscounted(error) ? miscounted(sql, values.length, error) : error
      }
    },
    async command(text, withinMs = answerMs) {
      const result = await send({ text, query_timeout: withinMs })
      const all = Array.isArray(result) ? result : [result]
      return { tag: all.at(-1)?.command ?? '', rows: all.flatMap(({ rows }: QueryResult) => rows) }
    },
    lost: () => lost,
    listen: (heard) => void client.on('notification', ({ processId }) => heard(processId)),
    onEnd(call) {
      ended = call
      if (lost !== undefined) call()
    },
    async close() {
      if (lost === undefined) {
        lost = new Error('the connection is closed')
        ended?.()
        client.end().catch(() => {})
        setTimeout(() => socket.destroy(), 1_000).unref()
      }
      await gone.promise
    },
    destroy: () => lose(new Error('the connection was cut')),
  }
}

/** What the client takes, as far as it is used here; its types do not know all of it. */
interface Sent {
  readonly text: string
  readonly values?: (string | Buffer | null)[]
  readonly name?: string
  readonly queryMode?: string
  readonly query_timeout: number
}

const miscounted = (sql: string, count: number, cause: unknown): BusError =>
  new BusError(
    'SQL_VALUE',
    `run ${shorten(sql)}: ${count} values were given, which is not what it has placeholders for`,
    {
      cause,
    },
  )
