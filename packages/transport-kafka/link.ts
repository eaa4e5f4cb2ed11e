/**
 * The brokers as a consumer asks them: a connection to each for each use, a deadline on every question, and what may be
 * asked of any broker is asked of the next one when one is silent.
 */
import { isIP } from 'node:net'
import { type API, Connection, type ConnectionOptions, ResponseError } from '@platformatic/kafka'
import type { Settings } from './options.ts'
import type { Address } from './url.ts'

/** What waits for news gets a connection of its own: a broker answers the questions of one in turn. */
export type Use = 'ask' | 'group' | 'fetch'

export interface Link {
  /** The answer, also one that tells of errors: its error codes are to be looked at. Rejects when there is none in time. */
  ask<A extends unknown[], R>(to: Address, use: Use, api: API<A, R>, ...question: A): Promise<R>
  /** Of whichever broker answers. */
  askAny<A extends unknown[], R>(api: API<A, R>, ...question: A): Promise<R>
  /** Brokers that may be asked besides those of the URL. */
  learn(brokers: readonly Address[]): void
  close(): void
}

const connectMs = 2000
/** How long a broker may be silent that was asked something. */
const silentMs = 2500
/** A fetch may take long over a slow link, as long as something comes. */
const longestFetchMs = 60_000

export function openLink(settings: Settings, firstBroker: number, answerMs: number = silentMs): Link {
  const connections = new Map<string, Promise<Connection>>()
  let known: readonly Address[] = settings.brokers
  let turn = firstBroker
  let isClosed = false

  async function connect({ host, port }: Address, use: Use, id: string): Promise<Connection> {
    if (isClosed) throw new Error('it is closed')
    const requestTimeout = use === 'fetch' ? longestFetchMs : answerMs
    const connection = new Connection(settings.clientId, { ...optionsFor(settings, host), requestTimeout })
    const forget = () => {
      if (connections.get(id) === opening) connections.delete(id)
      cut(connection)
    }
    connection.on('error', forget)
    connection.on('close', forget)
    const opening = (async () => {
      await connection.connect(host, port)
      if (isClosed) cut(connection)
      return connection
    })()
    connections.set(id, opening)
    opening.catch(forget)
    return opening
  }

  async function ask<A extends unknown[], R>(to: Address, use: Use, api: API<A, R>, ...question: A): Promise<R> {
    const id = `${use} ${to.host}:${to.port}`
    const connection = await (connections.get(id) ?? connect(to, use, id))
    const silence = use === 'fetch' ? watchSilence(connection, answerMs) : undefined
    try {
      return await api.async(connection, ...question)
    } catch (error) {
      if (error instanceof ResponseError) return error.response as R
      cut(connection)
      throw silence?.failure() ?? error
    } finally {
      silence?.end()
    }
  }

  return {
    ask,
    async askAny(api, ...question) {
      let failure: unknown
      for (let tries = 0; tries < known.length; tries += 1) {
        const at = turn
        const to = known[at % known.length]
        try {
          if (to) return await ask(to, 'ask', api, ...question)
        } catch (error) {
          failure = error
          // Who asked at the same time found the same: all of them go one broker on, not each one more.
          if (turn === at) turn = at + 1
        }
      }
      throw failure
    },
    learn(brokers) {
      const isNew = (one: Address) => !settings.brokers.some(({ host, port }) => host === one.host && port === one.port)
      known = [...settings.brokers, ...brokers.filter(isNew)]
    },
    close() {
      isClosed = true
      for (const opening of connections.values()) opening.then(cut).catch(() => {})
    },
  }
}

/** At once, whatever is under way: a close alone waits until all is written, and without one it would authenticate again. */
function cut(connection: Connection): void {
  connection.close().catch(() => {})
  connection.socket?.destroy()
}

interface Silence {
  /** What ended the connection, if it was silence. */
  failure(): Error | undefined
  end(): void
}

function watchSilence(connection: Connection, ms: number): Silence {
  const { socket } = connection
  let seen = socket.bytesRead
  let failure: Error | undefined
  let isOver = false
  let timer = setTimeout(look, ms)

  function look(): void {
    // Where this process stood still, what came meanwhile is read first.
    setImmediate(() => {
      if (isOver) return
      if (socket.bytesRead === seen) {
        failure = new Error(`nothing came within ${ms} ms`)
        cut(connection)
      } else {
        seen = socket.bytesRead
        timer = setTimeout(look, ms)
      }
    })
  }

  return {
    failure: () => failure,
    end() {
      isOver = true
      clearTimeout(timer)
    },
  }
}

function optionsFor({ tls, sasl }: Settings, host: string): ConnectionOptions {
  return {
    connectTimeout: connectMs,
    // An address has no name that a server could choose its certificate by.
    ...(tls && { tls, tlsServerName: isIP(host) === 0 }),
    ...(sasl && { sasl: { mechanism: 'SCRAM-SHA-512', ...sasl } }),
  }
}
