/** A service that stops answers what is under way, and waits for no client that would keep its connection. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import { createHttp } from './http.ts'

/** A service with one route, and a client that keeps its connections. */
async function open(t: TestContext, answer: () => Promise<unknown>) {
  const health = async () => ({ judged: {}, reported: {} })
  const http = createHttp({ log: pino({ level: 'silent' }), health })
  const asked = Promise.withResolvers<void>()
  http.get('/slow', () => {
    asked.resolve()
    return answer()
  })
  const url = new URL('/slow', await http.listen({ host: '127.0.0.1', port: 0 }))
  const agent = new Agent({ keepAlive: true })
  t.after(() => {
    agent.destroy()
    return http.close()
  })
  const ask = async (): Promise<IncomingMessage> => {
    const [response] = await once(request(url, { agent }).end(), 'response')
    return response
  }
  /** Resolves when it takes no connections any more, with what resolves when all are closed. */
  const stop = async (): Promise<{ readonly closed: Promise<void> }> => {
    const closed = http.close()
    while (http.server.listening) await turn()
    return { closed }
  }
  return { ask, asked: asked.promise, stop }
}

const textOf = async (response: IncomingMessage): Promise<string> => (await response.toArray()).join('')

test('a request that is under way is answered, and its connection ends with it', { timeout: 15_000 }, async (t) => {
  const done = Promise.withResolvers<object>()
  const { ask, asked, stop } = await open(t, () => done.promise)
  const answered = ask()
  await asked
  const { closed } = await stop()
  done.resolve({ well: true })
  const response = await answered
  assert.deepEqual([response.statusCode, response.headers.connection], [200, 'close'])
  assert.equal(await textOf(response), '{"well":true}')
  await closed
})

test('a connection on which an answer was on its way already is kept no longer', { timeout: 15_000 }, async (t) => {
  const body = new PassThrough()
  const { ask, stop } = await open(t, async () => body)
  const answered = ask()
  body.write('first')
  const response = await answered
  assert.equal(response.headers.connection, 'keep-alive')
  const { closed } = await stop()
  body.end(' and last')
  assert.equal(await textOf(response), 'first and last')
  await closed
})
