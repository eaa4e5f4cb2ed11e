/**
 * Publishes with confirms: at most one unconfirmed message of each key, many keys at once, and an answer to every
 * caller within a time, whatever becomes of the broker.
 */
import { BusError } from '@vestnik/bus/errors'
import type { Outgoing } from '@vestnik/bus/transport'
import type { ChannelModel } from 'amqplib'
import { type Answer, type Call, startCall } from './calls.ts'
import type { Connection } from './connection.ts'
import { failureOf } from './failures.ts'
import { createLines, type Lines } from './lines.ts'
import { hasTooManyHeaders, plain, toAmqp } from './message.ts'
import { partitionOf } from './names.ts'
import type { Settings } from './options.ts'
import { type Outlet, openOutlet } from './outlet.ts'
import { createPatience } from './patience.ts'
import { createRoutes, type Found } from './routes.ts'
import type { Route } from './topology.ts'
import { createUnconfirmed, type Sent } from './unconfirmed.ts'

export interface Publisher {
  publish(messages: readonly Outgoing[]): Promise<void>
  /** Takes nothing more, and waits a moment for what is under way; the rest is doubtful. */
  close(): Promise<void>
}

interface Entry extends Sent {
  readonly call: Call
  /** The lines of its topic; undefined without a key. */
  readonly lines: Lines<Entry> | undefined
  /** When it was published, and later: when it was sent. */
  since: number
  /** What becomes of it when no queue takes it. */
  homeless: 'sent' | 'refused'
  isAnswered: boolean
}

const closeMs = 1000

export function startPublisher(
  connection: Connection,
  settings: Pick<Settings, 'maxBodyBytes' | 'publishMs' | 'shown'>,
  findRoute: (topic: string) => Promise<Route | undefined>,
): Publisher {
  const { maxBodyBytes, publishMs, shown } = settings
  /** By topic: a name for both would be made anew for each message. */
  const topics = new Map<string, Lines<Entry>>()
  const inFlight = createUnconfirmed<Entry>()
  /** May be sent now, but for the limits. */
  let ready: Entry[] = []
  let next = 0
  const routes = createRoutes<Entry>(findRoute, routed)
  let outlet: Outlet | undefined
  let spread = 0
  let progressAt = 0
  const patience = createPatience(publishMs)
  let timer: NodeJS.Timeout | undefined
  let idle: (() => void) | undefined

  // The channel.

  connection.onOpen((model) => void open(model))
  connection.onUnblocked(pump)
  const first = connection.now()
  if (first) void open(first)

  async function open(model: ChannelModel): Promise<void> {
    try {
      const one = await openOutlet(model, { confirmed, returned: inFlight.returned, lost })
      if (connection.now() !== model) return
      outlet = one
      progressAt = performance.now()
      pump()
    } catch {
      // The connection is lost, which is heard of elsewhere; else it is of no use.
      if (connection.now() === model) connection.abandon('it gives no channel')
    }
  }

  function lost(one: Outlet, error: Error | undefined): void {
    if (outlet !== one) return
    const attempt = `publish to ${shown}: the channel was lost before the confirm`
    abandonSent(error ? failureOf(attempt, error) : new BusError('BROKER_UNREACHABLE', attempt))
    // The broker may close a channel alone.
    const model = connection.now()
    if (model) setTimeout(() => connection.now() === model && !outlet && void open(model), 50)
  }

  /** With the channel go all confirms; and perhaps a topic is not what it was. */
  function abandonSent(cause: BusError): void {
    outlet = undefined
    routes.forget()
    for (const entry of inFlight.all()) settle(entry, 'doubtful', cause)
  }

  // Sending.

  function pump(): void {
    while (outlet && next < ready.length && !inFlight.isFull()) {
      if (connection.isBlocked()) break
      const entry = ready[next]
      next += 1
      if (entry && !entry.isAnswered) start(outlet, entry)
    }
    if (next > 1024 || next === ready.length) {
      ready = ready.slice(next)
      next = 0
    }
    watch()
  }

  function start(one: Outlet, entry: Entry): void {
    const route = routes.of(entry.message.topic)
    if (route) send(one, entry, route)
    else routes.wait(entry.message.topic, entry)
  }

  function routed(entries: readonly Entry[], found: Found): void {
    for (const entry of entries) {
      if (found === 'found') ready.push(entry)
      else if (found === 'missing') settle(entry, 'UNKNOWN_TOPIC')
      else settle(entry, 'doubtful', found)
    }
    pump()
  }

  function send(one: Outlet, entry: Entry, route: Route): void {
    const { message } = entry
    const isPlain = route.kind === 'plain'
    entry.exchange = isPlain ? '' : route.exchange
    entry.routingKey = isPlain ? route.queue : String(partitionFor(message, route.partitions))
    entry.homeless = isPlain || route.groups ? 'refused' : 'sent'
    try {
      entry.tag = one.send(entry.exchange, entry.routingKey, isPlain ? plain : toAmqp(message), message.body)
    } catch (error) {
      // Nothing of it was sent, and others are.
      const why = failureOf(`publish to ${shown}`, error)
      settle(entry, error instanceof BusError ? error.code : 'BODY_TOO_LARGE', why)
      return
    }
    entry.since = performance.now()
    inFlight.add(entry)
  }

  function partitionFor({ key }: Outgoing, partitions: number): number {
    if (key !== undefined) return partitionOf(key, partitions)
    spread += 1
    return spread % partitions
  }

  // Answers.

  function confirmed(one: Outlet, through: number, multiple: boolean, isStored: boolean): void {
    if (outlet !== one) return
    progressAt = performance.now()
    for (const entry of inFlight.upTo(through, multiple)) {
      if (!isStored) settle(entry, 'doubtful', notTaken())
      else settle(entry, entry.isReturned && entry.homeless === 'refused' ? 'UNKNOWN_TOPIC' : 'sent')
    }
  }

  const notTaken = () => new BusError('PUBLISH_INCOMPLETE', `publish to ${shown}: the broker did not take it`)

  function settle(entry: Entry, end: Answer, cause?: BusError): void {
    if (entry.isAnswered) return
    entry.isAnswered = true
    const { call, message, lines } = entry
    inFlight.remove(entry)
    call.answer(message.id, end, cause)
    if (message.key !== undefined && lines !== undefined) {
      // Nothing of the batch is stored behind it.
      const behind = end === 'sent' ? [] : lines.drop(message.key, (other) => other.call === call)
      for (const { message: other } of behind) call.answer(other.id, 'doubtful')
      const following = lines.next(message.key)
      if (following) ready.push(following)
    }
    pumpSoon()
  }

  let isPumping = false
  /** Confirms come in crowds. */
  function pumpSoon(): void {
    if (isPumping) return
    isPumping = true
    queueMicrotask(() => {
      isPumping = false
      pump()
      if (idle && inFlight.size() === 0) idle()
    })
  }

  // Deadlines.

  const isBusy = () => inFlight.size() > 0 || next < ready.length || routes.isWaiting()

  function watch(): void {
    if (timer || !isBusy()) return
    timer = setInterval(check, Math.min(500, publishMs / 2))
  }

  function check(): void {
    if (!isBusy()) {
      clearInterval(timer)
      timer = undefined
      return
    }
    const now = performance.now()
    const over = now - publishMs
    if (patience.isOver(inFlight.oldest(), now)) giveUpSent(late('no confirm'))
    for (const entry of routes.takeWaiting(({ since }) => since < over)) settle(entry, 'doubtful', unrouted(entry))
    const first = ready[next]
    if (first && first.since < over && progressAt < over) giveUp(late('no way to the broker'))
  }

  function late(what: string): BusError {
    const why = connection.trouble() ?? `${what} within ${publishMs} ms`
    return new BusError('BROKER_UNREACHABLE', `publish to ${shown}: ${why}`)
  }

  function unrouted({ message: { topic } }: Entry): BusError {
    const cause = routes.trouble(topic)
    if (!cause) return late(`no answer about the topic ${topic}`)
    return new BusError(cause.code, `publish to ${shown}: ${cause.message}`, { cause })
  }

  /** What was sent may still be stored, as long as its connection lives: that goes too, with all that it holds. */
  function giveUpSent(cause: BusError): void {
    if (inFlight.size() > 0 || connection.isBlocked()) connection.abandon(cause.message)
    abandonSent(cause)
  }

  function giveUp(cause: BusError): void {
    giveUpSent(cause)
    // What ends lets others of its key come up.
    while (isBusy()) {
      const waiting = [...ready.slice(next), ...routes.takeWaiting(() => true)]
      ready = []
      next = 0
      for (const entry of waiting) settle(entry, 'doubtful', cause)
    }
  }

  return {
    publish(messages) {
      const call = startCall(shown, messages.length)
      const now = performance.now()
      if (!isBusy()) progressAt = now
      let blocked: Set<string> | undefined
      for (const message of messages) {
        if (blocked?.has(placeOf(message))) call.answer(message.id, 'doubtful')
        else if (isTooLarge(message)) {
          call.answer(message.id, 'BODY_TOO_LARGE')
          if (message.key !== undefined) blocked = (blocked ?? new Set()).add(placeOf(message))
        } else add(call, message, now)
      }
      pump()
      return call.answered
    },
    async close() {
      if (outlet && isBusy()) {
        const { promise, resolve } = Promise.withResolvers<void>()
        idle = resolve
        const late = setTimeout(resolve, closeMs)
        await promise
        clearTimeout(late)
      }
      giveUp(new BusError('TRANSPORT_CLOSED', `publish to ${shown}: the transport was closed meanwhile`))
      clearInterval(timer)
    },
  }

  function isTooLarge(message: Outgoing): boolean {
    return message.body.byteLength > maxBodyBytes || hasTooManyHeaders(message)
  }

  function add(call: Call, message: Outgoing, since: number): void {
    const lines = message.key === undefined ? undefined : linesOf(message.topic)
    const entry: Entry = {
      message,
      call,
      lines,
      since,
      tag: 0,
      exchange: '',
      routingKey: '',
      homeless: 'refused',
      isReturned: false,
      isAnswered: false,
    }
    if (message.key === undefined || lines?.join(message.key, entry)) ready.push(entry)
  }

  function linesOf(topic: string): Lines<Entry> {
    const lines = topics.get(topic) ?? createLines<Entry>()
    topics.set(topic, lines)
    return lines
  }
}

/** One without a key is behind nobody. */
const placeOf = ({ topic, key }: Outgoing) => (key === undefined ? '' : `${topic}\n${key}`)
