/** The mailbox's HTTP at a glance: its page, and the part of Mailpit's API that tests use. */
import {
  createHttp,
  type Http,
  type HttpOptions,
  type HttpReply,
  type PageFile,
  Problem,
  unavailable,
} from '@vestnik/service'
import { z } from 'zod'
import type { Changes } from './changes.ts'
import { htmlView, viewHeaders } from './html-view.ts'
import { onlyForItself } from './local-only.ts'
import type { Mail } from './mail.ts'
import type { Messages } from './messages.ts'
import { pagePolicy } from './page-files.ts'

export interface MailboxParts {
  readonly messages: Messages
  readonly changes: Changes
  readonly page: readonly PageFile[]
  /** Of this machine, besides its addresses and localhost. */
  readonly names: readonly string[]
}

export function createApp({ messages, changes, page, names }: MailboxParts, options: HttpOptions): Http {
  const http = createHttp(options)
  onlyForItself(http, names)
  protect(http)
  for (const { name, type, body } of page) {
    const path = name === 'index.html' ? '/' : `/page/${name}`
    http.get(path, async (_request, reply) => reply.type(type).send(body))
  }
  addMessages(http, messages)
  addOneMessage(http, messages)
  addChanges(http, changes)
  return http
}

function protect(http: Http): void {
  http.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'content-security-policy': pagePolicy,
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
    })
  })
}

const whole = (standard: number) =>
  z
    .string()
    .regex(/^[0-9]{1,6}$/, 'It must be a whole number from 0 on')
    .transform(Number)
    .default(standard)

const range = z.object({ start: whole(0), limit: whole(50) })
const someIds = z.object({ IDs: z.array(z.string().max(64)).optional() }).optional()

function addMessages(http: Http, messages: Messages): void {
  http.get('/api/v1/messages', { schema: { querystring: range } }, async (request) => {
    const { start, limit }: z.output<typeof range> = request.query
    const { total, unread, messages: listed } = await messages.list(start, limit)
    const counts = { total, unread, count: listed.length, messages_count: total, messages_unread: unread }
    return { ...counts, start, tags: [], messages: listed }
  })
  http.delete('/api/v1/messages', { schema: { body: someIds } }, async (request, reply) => {
    const wanted: z.output<typeof someIds> = request.body
    const ids = wanted?.IDs ?? []
    await messages.remove(ids.length === 0 ? undefined : ids)
    return sendText(reply, 'ok')
  })
  http.get('/api/v1/info', async () => {
    const { total, unread, bytes } = await messages.totals()
    return {
      Version: 'vestnik',
      Database: 'mailbox.db',
      DatabaseSize: bytes,
      Messages: total,
      Unread: unread,
      Tags: {},
    }
  })
}

const oneId = z.object({ id: z.string().regex(/^([0-9a-f]{32}|latest)$/, 'It must be the ID of a message, or latest') })
const onePart = oneId.extend({ part: z.string().max(8) })

function addOneMessage(http: Http, messages: Messages): void {
  const found = async (params: unknown): Promise<Mail> => {
    const { id } = params as z.output<typeof oneId>
    return (await messages.open(id)) ?? missing()
  }

  http.get('/api/v1/message/:id', { schema: { params: oneId } }, async ({ params }) => (await found(params)).message)
  http.get('/api/v1/message/:id/raw', { schema: { params: oneId } }, async ({ params }, reply) => {
    const source = (await messages.source(params.id)) ?? missing()
    return sendText(reply, Buffer.from(source))
  })
  http.get('/api/v1/message/:id/part/:part', { schema: { params: onePart } }, async ({ params }, reply) => {
    const part = (await found(params)).parts.find(({ PartID }) => PartID === params.part) ?? missing()
    const name = encodeURIComponent(part.FileName || `part-${part.PartID}`)
    // Whatever it is: it is kept as a file, never shown here.
    reply.header('content-disposition', `attachment; filename*=UTF-8''${name}`)
    return reply.type('application/octet-stream').send(Buffer.from(part.content))
  })
  http.get('/view/:id', { schema: { params: oneId } }, async ({ params }, reply) =>
    reply
      .headers(viewHeaders)
      .type('text/html; charset=utf-8')
      .send(htmlView(await found(params))),
  )
}

function addChanges(http: Http, changes: Changes): void {
  http.get('/events', { exposeHeadRoute: false }, async (_request, reply) => {
    const stream = changes.stream() ?? full()
    return reply.type('text/event-stream').send(stream)
  })
  http.addHook('preClose', async () => changes.close())
}

function sendText(reply: HttpReply, text: string | Buffer): HttpReply {
  return reply.type('text/plain; charset=utf-8').send(text)
}

function missing(): never {
  throw new Problem(404, 'There is no such message.')
}

function full(): never {
  throw unavailable('Too many pages are open.')
}
