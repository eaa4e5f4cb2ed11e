/** One trace leads from the call that a person makes to the mail that they get, through every service on the way. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { users } from '@vestnik/api'
import { ask } from '../tools/client/ask.ts'
import { startSystem } from './system.ts'
import { until } from './until.ts'

interface Span {
  readonly service: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly attributes: string
}

test('one trace leads from the call to the mail, and names neither the address nor the password', {
  timeout: 60_000,
}, async (t) => {
  const collector = await openCollector(t)
  const system = await startSystem(t, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
  const body = { email: 'anna@example.org', password: 'a password that nobody tries' }
  await ask(system.url, users.signUp, { body })
  const { code } = await system.mailbox.nextCode(body.email)

  const sent = () =>
    collector.spans.find(({ service, name }) => service === 'mailer' && name === 'process mail.sendCode')
  await until('the mailer has told of its work', () => sent() !== undefined, 20_000)
  const traceId = sent()?.traceId
  const ours = () => collector.spans.filter((span) => span.traceId === traceId)
  const called = ['gateway: POST /users', 'users: POST /users', 'mailer: process mail.sendCode']
  const told = () => ours().map(({ service, name }) => `${service}: ${name}`)
  await until('every service has told of its part', () => called.every((one) => told().includes(one)), 20_000, told)
  const known = new Set(ours().map(({ spanId }) => spanId))
  const roots = ours().filter(({ parentSpanId }) => !known.has(parentSpanId))
  assert.deepEqual(
    roots.map(({ service, name }) => `${service}: ${name}`),
    ['gateway: POST /users'],
  )
  const all = JSON.stringify(collector.spans)
  for (const secret of [body.email, body.password, code]) assert.ok(!all.includes(secret))
})

/** What takes spans by OTLP over HTTP, as a collector does. */
async function openCollector(t: TestContext): Promise<{ readonly url: string; readonly spans: readonly Span[] }> {
  const spans: Span[] = []
  const server = createServer(async (request, answer) => {
    spans.push(...spansOf((await json(request)) as Exported))
    answer.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { url: `http://127.0.0.1:${port}`, spans }
}

interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] }
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly name: string
        readonly traceId: string
        readonly spanId: string
        readonly parentSpanId?: string
        readonly attributes: unknown
        readonly events?: unknown
        readonly status?: unknown
      }[]
    }[]
  }[]
}

function spansOf({ resourceSpans }: Exported): Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
    return scopeSpans.flatMap((scope) =>
      scope.spans.map(({ name, traceId, spanId, parentSpanId = '', ...rest }) => ({
        service,
        name,
        traceId,
        spanId,
        parentSpanId,
        attributes: JSON.stringify(rest),
      })),
    )
  })
}
