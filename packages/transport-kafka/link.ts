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
const answerMs = 2500

export function openLink(settings: Settings, firstBroker: number): Link {
  const connections = new Map<string, Promise<Connection>>()
  let known: readonly Address[] = settings.brokers
  let turn = firstBroker
  let isClosed = false

  async function connect({ host, port }: Address, id: string): Promise<Connection> {
    if (isClosed) throw new Error('it is closed')
    const connection = new Connection(settings.clientId, optionsFor(settings, host))
    const forget = () => {
      if (connections.get(id) === opening) connections.delete(id)
    }
    connection.on('error', forget)
    connection.on('close', forget)
    const opening = (async () => {
      await connection.connect(host, port)
      if (isClosed) connection.socket.destroy()
      return connection
    })()
    connections.set(id, opening)
    opening.catch(forget)
    return opening
  }

  async function ask<A extends unknown[], R>(to: Address, use: Use, api: API<A, R>, ...question: A): Promise<R> {
    const id = `${use} ${to.host}:${to.port}`
    const connection = await (connections.get(id) ?? connect(to, id))
    try {
      return await api.async(connection, ...question)
    } catch (error) {
      if (error instanceof ResponseError) return error.response as R
      connection.socket.destroy()
      throw error
    }
  }

  return {
    ask,
    async askAny(api, ...question) {
      let failure: unknown
      for (let tries = 0; tries < known.length; tries += 1) {
        const to = known[turn % known.length]
        try {
          if (to) return await ask(to, 'ask', api, ...question)
        } catch (error) {
          failure = error
          turn += 1
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
      for (const opening of connections.values()) opening.then(({ socket }) => socket.destroy()).catch(() => {})
    },
  }
}

function optionsFor({ tls, sasl }: Settings, host: string): ConnectionOptions {
  return {
    connectTimeout: connectMs,
    requestTimeout: answerMs,
    // An address has no name that a server could choose its certificate by.
    ...(tls && { tls, tlsServerName: isIP(host) === 0 }),
    ...(sasl && { sasl: { mechanism: 'SCRAM-SHA-512', ...sasl } }),
  }
}
