/** What a service tells of itself: metrics of HTTP and bus in one text, and the trace of a request in its log and on its way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metrics } from '@opentelemetry/api'
import { pino } from 'pino'
import { createHttp } from './http.ts'
import { openTelemetry, traceFields, traceHeaders } from './telemetry.ts'

await openTelemetry('test', {})
const health = async () => ({ judged: {}, reported: {} })

test('metrics count answers by route and status, and never by the path that was asked for', async () => {
  const http = createHttp({ log: pino({ level: 'silent' }), health })
  await http.inject('/livez')
  await http.inject('/nowhere/secret')
  const { body, headers } = await http.inject('/metrics')
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
  const count = (route: string, status: number) =>
    `http_server_request_duration_seconds_count{http_request_method="GET",http_route="${route}",http_response_status_code="${status}"} 1\n`
  assert.ok(body.includes(count('/livez', 200)))
  assert.ok(body.includes(count('none', 404)))
  assert.match(body, /\nprocess_memory_usage_bytes \d+\n/)
  assert.doesNotMatch(body, /secret/)
})

test('the trace of a caller goes on in the route, in its log lines, and to whoever is asked next', async () => {
  const lines: string[] = []
  const log = pino({ mixin: traceFields }, { write: (line: string) => void lines.push(line) })
  const http = createHttp({ log, health })
  let sent: Record<string, string> = {}
  http.post('/notes', async (request) => {
    request.log.info('noted')
    sent = traceHeaders()
    return {}
  })
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-00` }
  await http.inject({ method: 'POST', url: '/notes', headers, payload: { text: 'long enough to be read' } })
  assert.equal(JSON.parse(lines[0] ?? '{}').trace_id, traceId)
  assert.match(sent.traceparent ?? '', new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`))
  assert.notEqual(sent.traceparent, headers.traceparent, 'a span of our own is between')
})

test("without a caller's trace a request begins one, and outside a request there is none", async () => {
  const http = createHttp({ log: pino({ level: 'silent' }), health })
  http.get('/trace', async () => traceFields())
  assert.match((await http.inject('/trace')).json().trace_id, /^[0-9a-f]{32}$/)
  assert.deepEqual(traceFields(), {})
})

test('the instruments of other parts stand in the same text', async () => {
  metrics.getMeter('other').createCounter('letters.sent').add(3, { to: 'anna' })
  const http = createHttp({ log: pino({ level: 'silent' }), health })
  assert.match((await http.inject('/metrics')).body, /\nletters_sent_total\{to="anna"\} 3\n/)
})

test('an endpoint that is none ends the start', async () => {
  await assert.rejects(openTelemetry('test', { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }), { code: 'BAD_CONFIG' })
})
