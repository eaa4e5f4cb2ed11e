/**
 * One connection that is opened again for as long as it takes. Whoever uses it hears when it is open and when it is
 * lost; nothing survives a loss but the will to open another.
 */
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { BusError } from '@vestnik/bus/errors'
import { type ChannelModel, connect } from 'amqplib'
import { bundleWrites } from './bundled.ts'
import { closed } from './close.ts'
import { isForGood, whyNot } from './failures.ts'
import type { Settings } from './options.ts'

export interface Connection {
  /** The open connection; undefined while there is none. */
  now(): ChannelModel | undefined
  /** Waits for one. @throws BusError `BROKER_UNREACHABLE` after the time, `TRANSPORT_CLOSED` */
  wait(ms: number, attempt: string): Promise<ChannelModel>
  /** Called each time, with the new connection. Returns the way to stop it. */
  onOpen(listener: (model: ChannelModel) => void): () => void
  /** The broker takes messages again. */
  onUnblocked(listener: () => void): void
  /** Gives up the connection that is open, which cannot be relied on any more; another is opened. */
  abandon(why: string): void
  /** Why there is none, or why it does not take messages; undefined while all is well. */
  trouble(): string | undefined
  /** The broker has said that it takes no messages on it. */
  isBlocked(): boolean
  /** Settles after the first attempt: rejects when trying again is of no use. */
  readonly first: Promise<void>
  close(): Promise<void>
}

/** A server that has gone is asked often, so that it is found soon after it has come back. */
const firstPauseMs = 20
/** So a pause is about a twentieth of the time that it has been away: waiting is a small part of what it takes. */
const growth = 1.05
const longestPauseMs = 250
/** Who was refused, after it had been let in before, asks seldom. */
const refusedPauseMs = 5000
/** What is left of a connection that is closed goes too, after what was still to be sent. */
const lingerMs = 1000

export function openConnection(settings: Settings, purpose: string): Connection {
  const { shown, log } = settings
  const opened = new Set<(model: ChannelModel) => void>()
  const unblocked: (() => void)[] = []
  const waiting = new Set<() => void>()
  const first = Promise.withResolvers<void>()
  const closing = new AbortController()
  let model: ChannelModel | undefined
  let trouble: string | undefined = `${shown} has not answered yet`
  let blocked: string | undefined
  const ended = loop()

  async function loop(): Promise<void> {
    let pauseMs = firstPauseMs
    while (!closing.signal.aborted) {
      try {
        const end = await session()
        pauseMs = end.lastedMs > longestPauseMs ? firstPauseMs : Math.min(pauseMs * growth, longestPauseMs)
        tell(end.why)
      } catch (error) {
        tell(whyNot(shown, error))
        if (isForGood(error)) {
          first.reject(new BusError('BROKER_REFUSED', `open RabbitMQ: ${trouble}`, { cause: error }))
          pauseMs = refusedPauseMs
        } else {
          first.resolve()
          pauseMs = Math.min(pauseMs * growth, longestPauseMs)
        }
      }
      await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal: closing.signal }).catch(() => {})
    }
  }

  /** The same is said once. */
  function tell(why: string): void {
    if (trouble !== why && !closing.signal.aborted) log(`${purpose}: ${why}; it is tried again`)
    trouble = why
  }

  /** Resolves when the connection is lost again. */
  async function session(): Promise<{ readonly why: string; readonly lastedMs: number }> {
    const one = await dial()
    bundleWrites(streamOf(one))
    const started = performance.now()
    let why = `the connection to ${shown} was closed`
    one.on('error', (error) => {
      why = `the connection to ${shown} was lost: ${error.message}`
    })
    one.on('blocked', (reason) => {
      blocked = `${shown} takes no messages: ${reason}`
      log(`${purpose}: ${blocked}`)
    })
    one.on('unblocked', () => {
      blocked = undefined
      for (const listener of unblocked) listener()
    })
    const ended = new Promise<void>((resolve) => one.on('close', () => resolve()))
    if (closing.signal.aborted) destroy(one, 'the transport is closed')
    else {
      model = one
      trouble = undefined
      first.resolve()
      for (const listener of opened) listener(one)
      for (const wake of waiting) wake()
    }
    await ended
    model = undefined
    blocked = undefined
    // The client merely ends its side: on a link that carries nothing the socket would stay.
    setTimeout(() => streamOf(one).destroy(), lingerMs).unref()
    return { why, lastedMs: performance.now() - started }
  }

  /** Whoever closes meanwhile waits for no answer. */
  async function dial(): Promise<ChannelModel> {
    const dialing = new AbortController()
    const stop = () => dialing.abort()
    closing.signal.addEventListener('abort', stop)
    try {
      const options = { ...settings.socket, signal: dialing.signal }
      return await connect(settings.address, options)
    } finally {
      closing.signal.removeEventListener('abort', stop)
    }
  }

  const refuseClosed = (attempt: string) => {
    if (closing.signal.aborted)
      throw new BusError('TRANSPORT_CLOSED', `${attempt}: the transport on ${shown} is closed`)
  }

  return {
    now: () => model,
    async wait(ms, attempt) {
      refuseClosed(attempt)
      if (model) return model
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.add(resolve)
      const timer = setTimeout(resolve, ms)
      await promise
      clearTimeout(timer)
      waiting.delete(resolve)
      refuseClosed(attempt)
      if (model) return model
      throw new BusError('BROKER_UNREACHABLE', `${attempt}: ${trouble}`)
    },
    onOpen(listener) {
      opened.add(listener)
      return () => void opened.delete(listener)
    },
    onUnblocked: (listener) => void unblocked.push(listener),
    abandon(why) {
      if (model) destroy(model, why)
    },
    trouble: () => trouble ?? blocked,
    isBlocked: () => blocked !== undefined,
    first: first.promise,
    async close() {
      closing.abort()
      for (const wake of waiting) wake()
      first.resolve()
      if (model) await closeOrDestroy(model)
      await ended
    },
  }
}

function closeOrDestroy(model: ChannelModel): Promise<void> {
  return closed(model, () => destroy(model, 'the broker did not answer a close'))
}

/** The client hears of the end of its socket only with an error. */
function destroy(model: ChannelModel, why: string): void {
  streamOf(model).destroy(new Error(why))
}

function streamOf({ connection }: ChannelModel): Duplex {
  return (connection as unknown as { readonly stream: Duplex }).stream
}
