/**
 * Publishes with confirms: at most one unconfirmed message of each key, many keys at once, and an answer to every
 * caller within a time, whatever becomes of the broker.
 */
import { BusError } from '@vestnik/bus/errors'
import type { Outgoing } from '@vestnik/bus/transport'
import type { Channel, ChannelModel, ConfirmChannel, Message } from 'amqplib'
import { type Answer, type Call, startCall } from './calls.ts'
import { openConfirmChannel } from './channel.ts'
import type { Connection } from './connection.ts'
import { createLines, type Line, type Lines } from './lines.ts'
import { hasTooManyHeaders, toAmqp, toPlain } from './message.ts'
import { partitionOf } from './names.ts'
import type { Settings } from './options.ts'
import { createRoutes } from './routes.ts'
import type { Route } from './topology.ts'

export interface Publisher {
  publish(messages: readonly Outgoing[]): Promise<void>
  /** Takes nothing more, and waits a moment for what is under way; the rest is doubtful. */
  close(): Promise<void>
}

interface Entry {
  readonly message: Outgoing
  readonly call: Call
  /** The line of its key; undefined without a key. */
  readonly line: Line<Entry> | undefined
  exchange: string
  routingKey: string
  /** What becomes of it when no queue takes it. */
  homeless: 'sent' | 'refused'
  isReturned: boolean
  isAnswered: boolean
}

/** What the broker has not confirmed yet is kept here, and there: enough to be fast, and no more. */
const mostInFlight = 2048
const mostBytesInFlight = 16 * 1024 * 1024
const closeMs = 1000

export function startPublisher(
  connection: Connection,
  settings: Pick<Settings, 'maxBodyBytes' | 'publishMs' | 'shown'>,
  findRoute: (topic: string) => Promise<Route | undefined>,
): Publisher {
  const { maxBodyBytes, publishMs, shown } = settings
  /** By topic: a name for both would be made anew for each message. */
  const topics = new Map<string, Lines<Entry>>()
  const inFlight = new Set<Entry>()
  /** May be sent now, but for the limits. */
  let ready: Entry[] = []
  let next = 0
  const routes = createRoutes<Entry>(findRoute, (entries, exists) => {
    if (exists) ready.push(...entries)
    else for (const entry of entries) settle(entry, 'UNKNOWN_TOPIC')
    pump()
  })
  let channel: ConfirmChannel | undefined
  let bytes = 0
  let spread = 0
  let progressAt = 0
  let timer: NodeJS.Timeout | undefined
  let idle: (() => void) | undefined

  // The channel.

  connection.onOpen((model) => void open(model))
  connection.onUnblocked(pump)
  const first = connection.now()
  if (first) void open(first)

  async function open(model: ChannelModel): Promise<void> {
    try {
      const one = await openConfirmChannel(model, () => lost(one))
      one.on('return', returned)
      if (connection.now() !== model) return
      channel = one
      pump()
    } catch {
      // The connection is lost, which is heard of elsewhere; else it is of no use.
      if (connection.now() === model) connection.abandon('it gives no channel')
    }
  }

  /** With the channel go all confirms; and perhaps a topic is what it was not. */
  function lost(one: Channel): void {
    if (channel !== one) return
    channel = undefined
    routes.forget()
    const why = new BusError('BROKER_UNREACHABLE', `publish to ${shown}: the channel was lost before the confirm`)
    for (const entry of [...inFlight]) settle(entry, 'doubtful', why)
    // The broker may close a channel alone.
    const model = connection.now()
    if (model) setTimeout(() => connection.now() === model && !channel && void open(model), 50)
  }

  // Sending.

  function pump(): void {
    while (channel && next < ready.length && inFlight.size < mostInFlight && bytes < mostBytesInFlight) {
      if (connection.isBlocked()) break
      const entry = ready[next]
      next += 1
      if (entry && !entry.isAnswered) start(channel, entry)
    }
    if (next > 1024 || next === ready.length) {
      ready = ready.slice(next)
      next = 0
    }
    watch()
  }

  function start(one: ConfirmChannel, entry: Entry): void {
    const route = routes.of(entry.message.topic)
    if (route) send(one, entry, route)
    else routes.wait(entry.message.topic, entry)
  }

  function send(one: ConfirmChannel, entry: Entry, route: Route): void {
    const { message } = entry
    const isPlain = route.kind === 'plain'
    entry.exchange = isPlain ? '' : route.exchange
    entry.routingKey = isPlain ? route.queue : String(partitionFor(message, route.partitions))
    entry.homeless = isPlain || route.groups ? 'refused' : 'sent'
    inFlight.add(entry)
    bytes += message.body.byteLength
    try {
      const options = isPlain ? toPlain() : toAmqp(message)
      one.publish(entry.exchange, entry.routingKey, asBuffer(message.body), options, (error) => {
        if (error)
          settle(entry, 'doubtful', new BusError('PUBLISH_INCOMPLETE', `publish to ${shown}: ${error.message}`))
        else settle(entry, entry.isReturned && entry.homeless === 'refused' ? 'UNKNOWN_TOPIC' : 'sent')
      })
    } catch (error) {
      // A channel that is closed says so by throwing.
      const cause = new BusError('BROKER_UNREACHABLE', `publish to ${shown}: ${String(error)}`, { cause: error })
      settle(entry, 'doubtful', cause)
    }
  }

  function partitionFor({ key }: Outgoing, partitions: number): number {
    if (key !== undefined) return partitionOf(key, partitions)
    spread += 1
    return spread % partitions
  }

  /** Comes before its confirm, and does not say of which. */
  function returned({ fields, properties, content }: Message): void {
    for (const entry of inFlight) {
      if (entry.isReturned || entry.exchange !== fields.exchange || entry.routingKey !== fields.routingKey) continue
      if (properties.messageId !== undefined && properties.messageId !== entry.message.id) continue
      if (!content.equals(entry.message.body)) continue
      entry.isReturned = true
      return
    }
  }

  // Answers.

  function settle(entry: Entry, end: Answer, cause?: BusError): void {
    if (entry.isAnswered) return
    entry.isAnswered = true
    const { call, message, line } = entry
    if (inFlight.delete(entry)) bytes -= message.body.byteLength
    progressAt = performance.now()
    call.answer(message.id, end, cause)
    if (line !== undefined) {
      // Nothing of the batch is stored behind it.
      const behind = end === 'sent' ? [] : line.drop((other) => other.call === call)
      for (const { message: other } of behind) call.answer(other.id, 'doubtful')
      const following = line.next()
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
      if (idle && inFlight.size === 0) idle()
    })
  }

  // Deadlines.

  const isBusy = () => inFlight.size > 0 || next < ready.length || routes.isWaiting()

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
    if (performance.now() - progressAt < publishMs) return
    const why = connection.trouble() ?? `no confirm within ${publishMs} ms`
    giveUp(new BusError('BROKER_UNREACHABLE', `publish to ${shown}: ${why}`))
  }

  /** What was sent may still be stored, as long as its connection lives: that goes too, with all that it holds. */
  function giveUp(cause: BusError): void {
    if (inFlight.size > 0 || connection.isBlocked()) connection.abandon(cause.message)
    // What ends lets others of its key come up.
    while (isBusy()) {
      const waiting = [...inFlight, ...ready.slice(next), ...routes.takeWaiting()]
      ready = []
      next = 0
      for (const entry of waiting) settle(entry, 'doubtful', cause)
    }
  }

  return {
    publish(messages) {
      const call = startCall(shown)
      if (!isBusy()) progressAt = performance.now()
      let blocked: Set<string> | undefined
      for (const message of messages) {
        call.expect()
        if (blocked?.has(placeOf(message))) call.answer(message.id, 'doubtful')
        else if (isTooLarge(message)) {
          call.answer(message.id, 'BODY_TOO_LARGE')
          if (message.key !== undefined) blocked = (blocked ?? new Set()).add(placeOf(message))
        } else add(call, message)
      }
      call.begun()
      pump()
      return call.answered
    },
    async close() {
      if (channel && isBusy()) {
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

  function add(call: Call, message: Outgoing): void {
    const line = lineOf(message)
    const entry: Entry = {
      message,
      call,
      line,
      exchange: '',
      routingKey: '',
      homeless: 'refused',
      isReturned: false,
      isAnswered: false,
    }
    if (line === undefined || line.join(entry)) ready.push(entry)
  }

  function lineOf({ topic, key }: Outgoing): Line<Entry> | undefined {
    if (key === undefined) return undefined
    const lines = topics.get(topic) ?? createLines<Entry>()
    topics.set(topic, lines)
    return lines.of(key)
  }
}

/** One without a key is behind nobody. */
const placeOf = ({ topic, key }: Outgoing) => (key === undefined ? '' : `${topic}\n${key}`)

const asBuffer = (body: Uint8Array): Buffer =>
  Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
