/** Whether the broker answers, and questions to it: one client that is made anew when it does not, asking another first. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from '@platformatic/kafka'
import { BusError } from '@vestnik/bus/errors'
import { type Clients, closeClient } from './clients.ts'
import { failureOf, isFinal, isForGood, isOfBroker, whyOf } from './failures.ts'
import type { Settings } from './options.ts'

export interface Broker {
  /** Settles with the first answer, or after five seconds: rejects when trying again is of no use. */
  readonly first: Promise<void>
  /**
   * Asks until there is an answer. A topic that is unknown, and what the broker refuses, are answers.
   * @throws BusError `BROKER_UNREACHABLE` after ten seconds, `TRANSPORT_CLOSED`; what the client throws for an answer that is final
   */
  ask<A>(attempt: string, question: (admin: Admin) => Promise<A>): Promise<A>
  /** Why it does not answer; undefined when it does. */
  trouble(): string | undefined
  close(): Promise<void>
}

const openMs = 5_000
/** How long a question waits for a broker that is away. */
const waitMs = 10_000
/** The client's own deadlines are for single requests. */
const answerMs = 5_000
const lookMs = 2_000
const retryMs = 250
/** Who was refused, after it had been let in before, asks seldom. */
const refusedMs = 5_000

export function watchBroker(settings: Settings, clients: Clients): Broker {
  const { shown, log } = settings
  const first = Promise.withResolvers<void>()
  const closing = new AbortController()
  let admin = clients.openAdmin()
  let trouble: string | undefined = `${shown} has not answered yet`
  const ended = look()
  first.promise.catch(() => {})
  const late = setTimeout(() => first.resolve(), openMs)

  /** So that health knows it without asking. */
  async function look(): Promise<void> {
    while (!closing.signal.aborted) {
      const pauseMs = await hear()
      await sleep(pauseMs, undefined, { signal: closing.signal }).catch(() => {})
    }
  }

  /** How long until the next time. */
  async function hear(): Promise<number> {
    const one = admin
    try {
      const { brokers } = await within(answerMs, one.metadata({ topics: [], forceUpdate: true }))
      clients.learn(brokers.values())
      if (trouble !== undefined && trouble !== unasked(shown)) log(`${shown} answers again`)
      trouble = undefined
      first.resolve()
      return lookMs
    } catch (error) {
      if (closing.signal.aborted) return 0
      // It was closed under this question, as another had no answer: that says nothing of the broker.
      if (admin !== one) return 0
      tell(`${shown} cannot be reached: ${whyOf(error)}`)
      renew(one)
      if (!isForGood(error)) return retryMs
      first.reject(new BusError('BROKER_REFUSED', `open Kafka: ${trouble}`, { cause: error }))
      return refusedMs
    }
  }

  /** The same is said once. */
  function tell(why: string): void {
    if (trouble !== why) log(`${why}; it is tried again`)
    trouble = why
  }

  function renew(one: Admin): void {
    if (admin !== one || closing.signal.aborted) return
    clients.rotate()
    admin = clients.openAdmin()
    void closeClient(one)
  }

  function refuseClosed(attempt: string): void {
    if (closing.signal.aborted)
      throw new BusError('TRANSPORT_CLOSED', `${attempt}: the transport on ${shown} is closed`)
  }

  return {
    first: first.promise,
    trouble: () => trouble,
    async ask(attempt, question) {
      const until = performance.now() + waitMs
      for (;;) {
        refuseClosed(attempt)
        const one = admin
        try {
          return await within(answerMs, question(one))
        } catch (error) {
          refuseClosed(attempt)
          if (isFinal(error)) throw error
          if (performance.now() > until) throw failureOf(attempt, error)
          // Who says why there is no answer yet is there.
          if (!isOfBroker(error)) renew(one)
        }
        await sleep(retryMs, undefined, { signal: closing.signal }).catch(() => {})
      }
    },
    async close() {
      closing.abort()
      clearTimeout(late)
      first.resolve()
      await closeClient(admin)
      await ended
    },
  }
}

const unasked = (shown: string): string => `${shown} has not answered yet`

async function within<A>(ms: number, answer: Promise<A>): Promise<A> {
  const late = new AbortController()
  const timeout = sleep(ms, undefined, { signal: late.signal }).then(() => {
    throw new Error(`no answer within ${ms} ms`)
  })
  timeout.catch(() => {})
  answer.catch(() => {})
  return Promise.race([answer, timeout]).finally(() => late.abort())
}
