import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { context, metrics, propagation, SpanKind, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { PublishError, permanent } from './errors.ts'
import { effect, on } from './handler.ts'
import { instruments } from './telemetry.ts'
import { noteContract, openByHand } from './test/by-hand.ts'
import { mail, note, openBoth, publish } from './test/two-brokers.ts'
import type { Incoming } from './transport.ts'

const spans = new InMemorySpanExporter()
const collected = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter: collected, exportIntervalMillis: 3_600_000 })
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }))
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
after(() => reader.shutdown())

const contract = noteContract()

test('one trace goes from the publisher through outbox and broker into the handler, and into an effect', async () => {
  for (const kind of ['on', 'effect'] as const) {
    spans.reset()
    const inside: (string | undefined)[] = []
    const note = () => void inside.push(trace.getActiveSpan()?.spanContext().traceId)
    const handler = kind === 'on' ? on(contract, 'reader', note) : effect(contract, 'reader', note)
    await using hand = await openByHand({ handlers: [handler] })
    const request = trace.getTracer('test').startSpan('POST /notes')
    await context.with(trace.setSpan(context.active(), request), () =>
      hand.store.transaction((tx) => hand.bus.publish(tx, contract, { n: 1 })),
    )
    await hand.clock.advance(500)
    const message = hand.transport.batches[0]?.[0]
    await hand.handOut({ n: 1 }, { headers: message?.headers ?? {} })
    await hand.clock.advance(500)
    const { traceId } = request.spanContext()
    assert.deepEqual(inside, [traceId])
    const processed = spans.getFinishedSpans().filter(({ kind }) => kind === SpanKind.CONSUMER)
    assert.ok(processed.length > 0 && processed.every((span) => span.spanContext().traceId === traceId))
  }
})

test('counters and gauges say what was handled, what waits and what is dead, and never a payload', async () => {
  const handler = on(contract, 'reader', ({ n }) => {
    if (n === 13) throw permanent('unlucky')
  })
  await using hand = await openByHand({ handlers: [handler] })
  hand.transport.answer = () => Promise.reject(new Error('away'))
  await hand.store.transaction((tx) => hand.bus.publish(tx, contract, { n: 1, key: 's3cret' }))
  await hand.handOut({ n: 12 })
  await hand.handOut({ n: 13, key: 's3cret' })
  await hand.clock.advance(5_000)
  await reader.forceFlush()
  const found = new Map(
    collected
      .getMetrics()
      .at(-1)
      ?.scopeMetrics.flatMap(({ metrics }) => metrics)
      .map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints.at(-1)?.value]),
  )
  assert.equal(found.get(instruments.dead), 1)
  assert.equal(found.get(instruments.outboxAge), 5)
  assert.ok(found.has(instruments.consumed) && found.has(instruments.duration))
  const lag = found.get(instruments.lag) as { buckets: { boundaries: number[] } }
  assert.equal(lag.buckets.boundaries[0], 0.001, 'seconds, not the milliseconds that the SDK would assume')
  assert.doesNotMatch(JSON.stringify(collected.getMetrics()), /s3cret/)
})

test('what the broker refused is counted until a person has ended it', async () => {
  await using hand = await openByHand({ publishes: [contract] })
  hand.transport.answer = async ([first]) => {
    throw new PublishError('too large', { doubtful: [], refused: [{ id: first?.id ?? '', code: 'BODY_TOO_LARGE' }] })
  }
  await hand.store.transaction((tx) => hand.bus.publish(tx, contract, { n: 1 }))
  await hand.clock.advance(500)
  assert.equal(await gauge(instruments.aside), 1)
  const [aside] = await hand.bus.operations.listOutbox({ state: 'aside' })
  assert.ok(aside)
  await hand.bus.operations.dropAside(aside.pos, 'anna')
  assert.equal(await gauge(instruments.aside), 0)
})

test('what is sent and handled is counted under the broker that carries its topic', async () => {
  const handlers = [note, mail].map((one) => on(one, 'reader', () => {}))
  await using hand = await openBoth({ handlers })
  await publish(hand, note, 1, mail, 2, mail, 3)
  await hand.clock.advance(1_000)
  await hand.mails.handOut('reader', hand.mails.batches[0]?.[0] as Incoming)
  await reader.forceFlush()
  const points = collected
    .getMetrics()
    .at(-1)
    ?.scopeMetrics.flatMap(({ metrics }) => metrics)
    .flatMap(({ descriptor: { name }, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => ({ name, attributes, value })),
    )
  const systemsOf = (name: string) =>
    points?.filter((one) => one.name === name && one.attributes['messaging.system'] === 'mails')
  assert.equal(systemsOf(instruments.sent)?.at(-1)?.value, 2)
  assert.equal(systemsOf(instruments.consumed)?.at(-1)?.attributes['messaging.destination.name'], 'mail.written')
})

async function gauge(name: string): Promise<unknown> {
  await reader.forceFlush()
  const all = collected
    .getMetrics()
    .at(-1)
    ?.scopeMetrics.flatMap(({ metrics }) => metrics)
  return all?.find(({ descriptor }) => descriptor.name === name)?.dataPoints.at(-1)?.value
}
