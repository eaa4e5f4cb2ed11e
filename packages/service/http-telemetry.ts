/** A span and a duration for every request, in the names of OpenTelemetry's HTTP conventions. No query, no header, no body. */
import {
  type Context,
  context,
  metrics,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'

const bounds = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Call it before any other hook is added, so that all of them run inside the span. */
export function traceRequests(http: Pick<FastifyInstance, 'addHook'>): void {
  const tracer = trace.getTracer('vestnik-service')
  const duration = metrics.getMeter('vestnik-service').createHistogram('http.server.request.duration', {
    unit: 's',
    description: 'Time to answer.',
    advice: { explicitBucketBoundaries: bounds },
  })
  const open = new WeakMap<FastifyRequest, { readonly span: Span; readonly inside: Context }>()

  http.addHook('onRequest', (request, _reply, done) => {
    const parent = propagation.extract(context.active(), request.headers)
    const span = tracer.startSpan(nameOf(request), { kind: SpanKind.SERVER }, parent)
    const inside = trace.setSpan(parent, span)
    open.set(request, { span, inside })
    context.with(inside, done)
  })
  // Reading a body leaves the context, as its bytes come by events of the socket.
  http.addHook('preValidation', (request, _reply, done) =>
    context.with(open.get(request)?.inside ?? context.active(), done),
  )
  http.addHook('onResponse', async (request, reply) => {
    const attributes = {
      'http.request.method': request.method,
      'http.route': routeOf(request),
      'http.response.status_code': reply.statusCode,
    }
    duration.record(reply.elapsedTime / 1000, attributes)
    const span = open.get(request)?.span
    span?.setAttributes(attributes)
    if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR })
    span?.end()
  })
}

/** The route's pattern, never the path itself: that may hold anything. */
const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'none'

const nameOf = (request: FastifyRequest): string => `${request.method} ${routeOf(request)}`
