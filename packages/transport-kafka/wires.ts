/**
 * Connections to brokers that carry one request at a time each, as a broker works on them. A request has its own deadline,
 * which counts from its turn; what has not answered by then is cut off.
 */
import { type API, Connection } from '@platformatic/kafka'
import { connectionOptions, cutOff } from './clients.ts'
import type { Settings } from './options.ts'
import type { Address } from './url.ts'

export interface Wires {
  /**
   * Rejects with `NoAnswer` when there is none in time, and when there is none to be had. Where one before it got none,
   * it rejects without having been sent.
   */
  ask<A extends unknown[], R>(to: Address, deadlineMs: number, api: API<A, R>, ...question: A): Promise<R>
  close(): void
}

export class NoAnswer extends Error {}

/** To each broker. More do not publish more: their broker's answers are awaited by one thread. */
const atOnce = 3
/** Longer than any deadline: the client counts what waits for its turn as well. */
const neverMs = 2 ** 31 - 1

interface Wire {
  connection: Connection | undefined
  /** How many requests wait or are under way. */
  load: number
  /** The last of them. Never rejects. */
  last: Promise<unknown>
  /** How many there were ever, and up to which of them nobody waits for a turn any more. */
  asked: number
  givenUp: number
}

export function openWires(settings: Settings): Wires {
  const wires = new Map<string, readonly Wire[]>()
  let isClosed = false

  function wireTo({ host, port }: Address): Wire {
    const id = `${host}:${port}`
    const all = wires.get(id) ?? Array.from({ length: atOnce }, newWire)
    wires.set(id, all)
    return all.reduce((least, one) => (one.load < least.load ? one : least))
  }

  async function connected(wire: Wire, { host, port }: Address): Promise<Connection> {
    if (isClosed) throw new Error('it is closed')
    if (wire.connection?.isConnected()) return wire.connection
    if (wire.connection) cutOff(wire.connection)
    const connection = new Connection(settings.clientId, {
      ...connectionOptions(settings, [host]),
      requestTimeout: neverMs,
      maxInflights: 1,
    })
    // It fails when it likes; whoever asks hears of it.
    connection.on('error', () => {})
    // Closed by the other side it would still prove itself again.
    connection.on('close', () => cutOff(connection))
    wire.connection = connection
    await connection.connect(host, port)
    return connection
  }

  async function exchange<R>(wire: Wire, to: Address, deadlineMs: number, ask: (over: Connection) => Promise<R>) {
    let isLate = false
    const connection = await connected(wire, to).catch((error: unknown) => giveUp(wire, error))
    const timer = setTimeout(() => {
      isLate = true
      cutOff(connection)
    }, deadlineMs)
    try {
      return await ask(connection)
    } catch (cause) {
      cutOff(connection)
      if (isLate) giveUp(wire, new NoAnswer(`no answer within ${deadlineMs} ms`, { cause }))
      throw cause
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    ask(to, deadlineMs, api, ...question) {
      const wire = wireTo(to)
      wire.load += 1
      wire.asked += 1
      const turn = wire.asked
      const answer = wire.last.then(() => {
        if (turn <= wire.givenUp) throw new Error(`${to.host}:${to.port} has not answered what went before`)
        return exchange(wire, to, deadlineMs, (over) => api.async(over, ...question))
      })
      wire.last = answer
        .catch(() => {})
        .finally(() => {
          wire.load -= 1
        })
      return answer
    },
    close() {
      isClosed = true
      for (const { connection } of [...wires.values()].flat()) if (connection) cutOff(connection)
    },
  }
}

/** What waits for its turn looks for another broker, instead of waiting here for as long: nothing of it was sent. */
function giveUp(wire: Wire, error: unknown): never {
  wire.givenUp = wire.asked
  throw error
}

const newWire = (): Wire => ({ connection: undefined, load: 0, last: Promise.resolve(), asked: 0, givenUp: 0 })
