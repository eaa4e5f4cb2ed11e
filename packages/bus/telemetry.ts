/**
 * Traces and metrics by the OpenTelemetry API alone: without an SDK in the application they cost next to nothing.
 * Names follow OpenTelemetry's messaging conventions; those of our own begin with `vestnik.`. No payload in any of them.
 */
import { context, type Meter, metrics, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Outcome } from './deliver.ts'
import type { Place } from './place.ts'
import type { RunOutcome } from './run-held.ts'
import type { Outgoing } from './transport.ts'

/** Every name that the bus gives to an instrument. */
export const instruments = {
  sent: 'messaging.client.sent.messages',
  consumed: 'messaging.client.consumed.messages',
  duration: 'messaging.process.duration',
  outboxAge: 'vestnik.outbox.oldest_age',
  aside: 'vestnik.outbox.aside',
  heldAge: 'vestnik.held.oldest_age',
  held: 'vestnik.held.messages',
  dead: 'vestnik.dead_letter.messages',
  uncertain: 'vestnik.effect.uncertain',
  lag: 'vestnik.delivery.lag',
} as const

/** Bounds of the histograms' buckets: from a quick handler to an hour of lag. */
const seconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600] as const

export interface Telemetry {
  /** The trace context of the caller, as headers. */
  inject(headers: Record<string, string>): void
  /** Runs the work in a span that continues the publisher's trace, and counts what it came to. */
  handling<R extends Outcome | RunOutcome>(
    place: Place,
    headers: Outgoing['headers'],
    work: () => Promise<R>,
  ): Promise<R>
  /** The caller's trace context, to run something in it later. */
  here(): <R>(work: () => R) => R
  /** Of the batch, all of one broker, so many are not sent. */
  sent(batch: readonly Outgoing[], unsent: number): void
  /** How long the message took from its publication to here. */
  lag(place: Place, ms: number): void
}

/** `systemOf`: the name of the broker that carries a topic. */
export function createTelemetry(systemOf: (topic: string) => string, now: () => number): Telemetry {
  const tracer = trace.getTracer('vestnik')
  const meter = metrics.getMeter('vestnik')
  const sentMessages = meter.createCounter(instruments.sent, {
    unit: '{message}',
    description: 'Messages that the broker holds.',
  })
  const consumed = meter.createCounter(instruments.consumed, {
    unit: '{message}',
    description: 'Messages that were handed to a handler, by outcome.',
  })
  const histogram = (name: string, description: string) =>
    meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries: [...seconds] } })
  const duration = histogram(instruments.duration, 'Time that handling a message takes.')
  const lag = histogram(instruments.lag, 'Time from the publication of a message to its handling.')
  const attributesOf = (place: Place) => ({
    'messaging.system': systemOf(place.topic),
    'messaging.destination.name': place.topic,
    'messaging.consumer.group.name': place.group,
  })

  return {
    inject: (headers) => propagation.inject(context.active(), headers),

    async handling(place, headers, work) {
      const attributes = attributesOf(place)
      const parent = propagation.extract(context.active(), headers)
      const span = tracer.startSpan(`process ${place.topic}`, { kind: SpanKind.CONSUMER, attributes }, parent)
      const started = now()
      try {
        const outcome = await context.with(trace.setSpan(parent, span), work)
        consumed.add(1, { ...attributes, 'vestnik.outcome': outcome })
        if (outcome === 'dead') span.setStatus({ code: SpanStatusCode.ERROR, message: 'dead letter' })
        return outcome
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: 'handed back' })
        throw error
      } finally {
        duration.record((now() - started) / 1000, attributes)
        span.end()
      }
    },

    here() {
      const active = context.active()
      return (work) => context.with(active, work)
    },

    sent(batch, unsent) {
      const [first] = batch
      if (first) sentMessages.add(batch.length - unsent, { 'messaging.system': systemOf(first.topic) })
    },

    lag: (place, ms) => lag.record(Math.max(0, ms) / 1000, attributesOf(place)),
  }
}

/** What a store's tables say at one moment. */
export interface Waiting {
  /** Seconds; 0 when nothing waits. */
  readonly outboxAge: number
  /** Messages that the broker refused. */
  readonly aside: number
  readonly places: readonly {
    readonly topic: string
    readonly group: string
    readonly held: number
    readonly heldAge: number
    readonly dead: number
    readonly uncertain: number
  }[]
}

/** Gauges over the tables, asked for when a reader collects. Returns the way to stop them. */
export function observeTables(look: () => Promise<Waiting>, meter: Meter = metrics.getMeter('vestnik')): () => void {
  const gauge = (name: string, unit: string, description: string) =>
    meter.createObservableGauge(name, { unit, description })
  const outboxAge = gauge(instruments.outboxAge, 's', 'How long the oldest message in the outbox has waited.')
  const aside = gauge(instruments.aside, '{message}', 'Messages that the broker refused: they wait for a person.')
  const heldAge = gauge(instruments.heldAge, 's', 'How long the oldest held message has waited.')
  const held = gauge(instruments.held, '{message}', 'Messages that are held: for a retry, or behind one of their key.')
  const dead = gauge(instruments.dead, '{message}', 'Dead letters: messages that wait for a person.')
  const uncertain = gauge(
    instruments.uncertain,
    '{effect}',
    'Effects that may have happened and are not marked as done.',
  )
  const all = [outboxAge, aside, heldAge, held, dead, uncertain]
  const observe: Parameters<Meter['addBatchObservableCallback']>[0] = async (result) => {
    const found = await look().catch(() => undefined) // a store that is closed has nothing to say
    if (!found) return
    result.observe(outboxAge, found.outboxAge)
    result.observe(aside, found.aside)
    for (const { topic, group, ...place } of found.places) {
      const attributes = { 'messaging.destination.name': topic, 'messaging.consumer.group.name': group }
      result.observe(heldAge, place.heldAge, attributes)
      result.observe(held, place.held, attributes)
      result.observe(dead, place.dead, attributes)
      result.observe(uncertain, place.uncertain, attributes)
    }
  }
  meter.addBatchObservableCallback(observe, all)
  return () => meter.removeBatchObservableCallback(observe, all)
}
