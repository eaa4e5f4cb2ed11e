/**
 * Traces and metrics of a service's process. Metrics are kept for `/metrics`; spans leave for the collector that
 * `OTEL_EXPORTER_OTLP_ENDPOINT` names. Without one there are still trace ids, in the log and on the way to others.
 */
import { context, metrics, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, type MetricData } from '@opentelemetry/sdk-metrics'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { readVariables } from './config.ts'
import type { Environment } from './environment.ts'
import * as fields from './fields.ts'

export interface Telemetry {
  /** Sends what is left, within two seconds. */
  close(): Promise<void>
}

const closeMs = 2000

// One for the process, as the providers of the API are.
let opened = false
const reader = new PrometheusExporter({ preventServerStart: true })
const serializer = new PrometheusSerializer(undefined, false, undefined, true, true)

/**
 * Sets the providers that every part of the process finds by the OpenTelemetry API: before the parts are opened.
 * @throws BusError `BAD_CONFIG`
 */
export async function openTelemetry(service: string, environment: Environment): Promise<Telemetry> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = readVariables(environment, {
    OTEL_EXPORTER_OTLP_ENDPOINT: fields.schemeUrl(['http', 'https'], 'http://127.0.0.1:4318'),
  })
  const resource = resourceFromAttributes({ 'service.name': service, 'service.namespace': 'vestnik' })
  const spanProcessors = endpoint === undefined ? [] : [await exportTo(endpoint)]
  const sampler =
    endpoint === undefined ? new AlwaysOffSampler() : new ParentBasedSampler({ root: new AlwaysOnSampler() })
  const tracerProvider = new TracerProvider({ resource, sampler, spanProcessors })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(tracerProvider)
  metrics.setGlobalMeterProvider(new MeterProvider({ resource, readers: [reader] }))
  watchProcess()
  opened = true
  return {
    async close() {
      await Promise.race([
        tracerProvider.shutdown().catch(() => {}), // a collector that is away keeps nobody alive
        new Promise((resolve) => setTimeout(resolve, closeMs).unref()),
      ])
    },
  }
}

/** All instruments of the process in the Prometheus text format; nothing before `openTelemetry`. */
export async function metricsText(): Promise<string> {
  if (!opened) return ''
  const { resourceMetrics } = await reader.collect()
  const scopeMetrics = resourceMetrics.scopeMetrics.map((scope) => ({ ...scope, metrics: scope.metrics.map(withUnit) }))
  return serializer.serialize({ ...resourceMetrics, scopeMetrics })
}

/** The trace of what runs now, as headers for whoever is asked next. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {}
  propagation.inject(context.active(), headers)
  return headers
}

/** The trace of what runs now, as fields of a log line. */
export function traceFields(): { readonly trace_id?: string; readonly span_id?: string } {
  const span = trace.getSpanContext(context.active())
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId }
}

const suffixes: Readonly<Record<string, string>> = { s: '.seconds', By: '.bytes' }

/** Prometheus has the unit in the name (the mapping of OpenTelemetry's specification); the serializer leaves it out. */
function withUnit(metric: MetricData): MetricData {
  const { name, unit } = metric.descriptor
  return { ...metric, descriptor: { ...metric.descriptor, name: `${name}${suffixes[unit] ?? ''}`, unit: '' } }
}

/** Loaded only where it is asked for: most processes never need it. */
async function exportTo(endpoint: string): Promise<BatchSpanProcessor> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`
  return new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }), scheduledDelayMillis: 1000 })
}

function watchProcess(): void {
  const meter = metrics.getMeter('vestnik-service')
  meter
    .createObservableGauge('process.memory.usage', { unit: 'By', description: 'Resident memory.' })
    .addCallback((result) => result.observe(process.memoryUsage.rss()))
  meter
    .createObservableGauge('process.uptime', { unit: 's', description: 'Time since the start.' })
    .addCallback((result) => result.observe(process.uptime()))
}
