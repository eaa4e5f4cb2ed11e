/**
 * Publishes by lanes: one for each partition, with one batch under way. Every caller gets an answer within a time,
 * whatever becomes of the broker.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { BusError } from '@vestnik/bus/errors'
import type { Outgoing } from '@vestnik/bus/transport'
import { type Belief, createBelief } from './belief.ts'
import { codes, isBrokerError } from './broker-errors.ts'
import { type Call, startCall } from './calls.ts'
import type { Place } from './coordinator.ts'
import { answerEntry, type Entry, isOver, toEntry } from './entry.ts'
import { failureOf, isForbidden, whyOf } from './failures.ts'
import { createLane, type Lane } from './lane.ts'
import { type Leaders, watchLeaders } from './leaders.ts'
import type { Link } from './link.ts'
import type { Names } from './names.ts'
import type { Settings } from './options.ts'
import { outcomeOf, sent } from './outcome.ts'
import { partitionOf } from './partition.ts'
import { producerFor } from './producers.ts'
import { hasTooManyHeaders, toRecord } from './record.ts'
import type { Places, Route } from './topology.ts'
import { openWires } from './wires.ts'

export interface Publisher {
  publish(messages: readonly Outgoing[]): Promise<void>
  /** Takes nothing more, and waits a moment for what is under way; the rest is doubtful. */
  close(): Promise<void>
  /** Why what is published waits; undefined when it does not. */
  trouble(): string | undefined
}

export interface PublisherParts {
  readonly settings: Settings
  readonly names: Names
  readonly places: Places
  readonly link: Link
}

/** A topic that is written to, for as long as it is the same: one that is made again is another. */
interface Target {
  /** Undefined until the broker has said what there is. */
  route: Route | undefined
  readonly leaders: Leaders
  /** That it is there no more. */
  readonly isGone: Belief
  /** Wait for the route. */
  waiting: Entry[]
  readonly lanes: Lane[]
  spread: number
}

const closeMs = 1000
/** A request that takes longer is told in the health. */
const slowMs = 1500

export function startPublisher({ settings, names, places, link }: PublisherParts): Publisher {
  const { shown, maxBodyBytes, publishMs } = settings
  const wires = openWires(settings)
  const targets = new Map<string, Target>()
  /** Those that have something to send. */
  const lanes = new Set<Lane>()
  const started = new Set<Lane>()
  const closing = new AbortController()
  const now = () => performance.now()
  let timer: NodeJS.Timeout | undefined
  let isGoing = false

  // Into the lanes.

  function add(call: Call, message: Outgoing): void {
    call.expect()
    const record = toRecord(message)
    const entry = toEntry(call, message, record)
    if (isOver(entry)) return
    if (message.body.byteLength > maxBodyBytes || hasTooManyHeaders(record)) answerEntry(entry, 'BODY_TOO_LARGE')
    else addTo(targetOf(message.topic), message.topic, entry)
  }

  function targetOf(topic: string): Target {
    const known = targets.get(topic)
    if (known) return known
    const leaders = watchLeaders(link, names.topic(topic))
    const made: Target = { route: undefined, leaders, isGone: createBelief(), waiting: [], lanes: [], spread: 0 }
    targets.set(topic, made)
    void findRoute(topic, made)
    return made
  }

  async function findRoute(topic: string, target: Target): Promise<void> {
    const found = await places.findRoute(topic).catch((error: unknown) => failureOf(`publish to ${topic}`, error))
    const { waiting } = target
    target.waiting = []
    if (found === undefined || found instanceof BusError) {
      // The next message asks again.
      if (targets.get(topic) === target) targets.delete(topic)
      const cause = found ?? new BusError('UNKNOWN_TOPIC', `publish to ${topic}: ${shown} has no such topic`)
      for (const entry of waiting) answerEntry(entry, found ? 'doubtful' : 'UNKNOWN_TOPIC', cause)
      return
    }
    target.route = found
    for (const entry of waiting) if (!isOver(entry)) addTo(target, topic, entry)
    go()
  }

  function addTo(target: Target, topic: string, entry: Entry): void {
    const { route } = target
    if (route === undefined) {
      target.waiting.push(entry)
      return
    }
    const { key } = entry.record
    if (key === undefined) target.spread = (target.spread + 1) % route.partitions
    const partition = key === undefined ? target.spread : partitionOf(key, route.partitions)
    const lane = target.lanes[partition] ?? openLane(target, topic, route, partition)
    lane.add(entry)
    started.add(lane)
  }

  function openLane(target: Target, topic: string, { name, topicId }: Route, partition: number): Lane {
    const place = { name, topicId, partition, leaders: target.leaders }
    const producer = producerFor({ link, wires }, place)
    const lane = createLane({
      shown: `${name}/${partition}`,
      send: (entries) => producer.send(entries).then(() => sent, outcomeOf),
      refusal: () => refusalOf(topic, target, place),
      now,
      sleep: (ms) => sleep(ms, undefined, { signal: closing.signal }).catch(() => {}),
    })
    target.lanes[partition] = lane
    return lane
  }

  /** Callers of one moment go together. */
  function go(): void {
    if (isGoing || started.size === 0) return
    isGoing = true
    queueMicrotask(() => {
      isGoing = false
      for (const lane of started) {
        lanes.add(lane)
        lane.go()
      }
      started.clear()
      watch()
    })
  }

  /** Whether the topic is still what it was. Looks for its leaders, which may be why nothing came of the last attempt. */
  async function refusalOf(topic: string, target: Target, place: Place) {
    const goneAfter = (isSaid: boolean) => (target.isGone.after(isSaid) ? retire(topic, target) : undefined)
    try {
      await target.leaders.refresh()
      return goneAfter(!target.leaders.has(place))
    } catch (error) {
      if (isBrokerError(error, codes.unknownTopic)) return goneAfter(true)
      return isForbidden(error) ? ({ answer: 'doubtful', why: whyOf(error) } as const) : undefined
    }
  }

  /** The next message asks what there is now. */
  function retire(topic: string, target: Target) {
    const gone = {
      answer: 'UNKNOWN_TOPIC',
      why: `${shown} has no such topic any more, or another of its name`,
    } as const
    if (targets.get(topic) === target) targets.delete(topic)
    for (const lane of target.lanes) lane?.drop(gone)
    return gone
  }

  // Deadlines.

  function watch(): void {
    if (timer || !isBusy()) return
    timer = setInterval(check, Math.min(500, publishMs / 2))
  }

  const isBusy = () =>
    lanes.values().some((lane) => lane.isBusy()) || targets.values().some((one) => one.waiting.length > 0)

  function check(): void {
    if (!isBusy()) {
      clearInterval(timer)
      timer = undefined
      return
    }
    for (const lane of lanes) {
      if (lane.isBusy()) lane.expire(now() - publishMs)
      else lanes.delete(lane)
    }
    const cause = new BusError('BROKER_UNREACHABLE', `publish to ${shown}: nobody said what topics there are`)
    for (const { waiting } of targets.values()) {
      for (const entry of waiting) if (entry.call.at <= now() - publishMs) answerEntry(entry, 'doubtful', cause)
    }
  }

  async function idle(): Promise<void> {
    for (const until = now() + closeMs; isBusy() && now() < until; ) await sleep(20)
  }

  return {
    publish(messages) {
      const call = startCall(shown, now())
      for (const message of messages) add(call, message)
      call.begun()
      go()
      watch()
      return call.answered
    },
    async close() {
      await idle()
      closing.abort()
      clearInterval(timer)
      const cause = new BusError('TRANSPORT_CLOSED', `publish to ${shown}: the transport was closed meanwhile`)
      for (const lane of lanes) lane.stop(cause)
      for (const { waiting } of targets.values()) for (const entry of waiting) answerEntry(entry, 'doubtful', cause)
      wires.close()
    },
    trouble() {
      const slow = lanes.values().find((lane) => (lane.waitsSince() ?? Number.POSITIVE_INFINITY) < now() - slowMs)
      return slow && `publish to ${shown}: no answer for more than ${slowMs} ms`
    },
  }
}
