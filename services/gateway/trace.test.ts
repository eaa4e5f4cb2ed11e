/** One trace through the gateway: it goes on where the client's began. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTelemetry } from '../../packages/service/telemetry.ts'
import { openGateway, playService } from './gateway.fixture.ts'

test('a service is told the trace of the request, under a span of the gateway', async (t) => {
  const telemetry = await openTelemetry('gateway', {})
  t.after(() => telemetry.close())
  const films = await playService(t)
  const { http } = await openGateway(t, { filmsUrl: films.url })
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  await http.inject({ url: '/films', headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01`, tracestate: 'a=b' } })
  await http.inject({ url: '/films', headers: { traceparent: 'nonsense; x' } })
  const [first, second] = films.seen.map(({ headers }) => String(headers.traceparent))
  assert.match(String(first), new RegExp(`^00-${traceId}-[0-9a-f]{16}-0[01]$`))
  assert.match(String(second), /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)
  assert.ok(!second?.includes(traceId))
})
