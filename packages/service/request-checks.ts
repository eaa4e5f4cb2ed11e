/** What HTTP lets through and no honest client sends is refused before anything else looks at the request. */
import type { IncomingMessage } from 'node:http'
import { Problem } from './problem.ts'

const maxHeaders = 100

/** Each has one meaning only while it stands once: two readers may choose differently. */
const onceOnly: ReadonlySet<string> = new Set([
  'authorization',
  'content-type',
  'content-length',
  'host',
  'idempotency-key',
  'traceparent',
  'transfer-encoding',
])

/** @throws Problem 400 or 431 */
export function checkRequest({ method = '', url = '', headers, rawHeaders, httpVersion }: IncomingMessage): void {
  if (!['1.0', '1.1'].includes(httpVersion)) throw new Problem(400, 'Only HTTP/1.1 and HTTP/1.0 are spoken here.')
  if (httpVersion === '1.1' && headers.host === undefined) throw new Problem(400, 'The header host is missing.')
  // An address in place of a path is for proxies: somebody before us might have judged another one.
  if (!url.startsWith('/')) throw new Problem(400, 'The path must begin with a slash.')
  if (rawHeaders.length > 2 * maxHeaders) throw new Problem(431, `There are more than ${maxHeaders} headers.`)
  const seen = new Set<string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? ''
    if (!onceOnly.has(name)) continue
    if (seen.has(name)) throw new Problem(400, `The header ${name} may stand only once.`)
    seen.add(name)
  }
  const announced = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
  if (announced && (method === 'GET' || method === 'HEAD')) throw new Problem(400, `${method} takes no body.`)
  checkQuery(url)
}

/** What is no text in UTF-8 would be read as something that nobody wrote. */
function checkQuery(url: string): void {
  const [, query = ''] = url.split(/\?(.*)/s)
  const broken = query.split('&').find((pair) => !isText(pair))
  if (broken === undefined) return
  const [name = ''] = broken.split('=', 1)
  const field = /^\w{1,100}$/.test(name) ? name : 'query'
  const reason = 'It must be percent-encoded text in UTF-8'
  throw new Problem(400, `${field}: ${reason}`, { errors: [{ field, reason }] })
}

function isText(encoded: string): boolean {
  try {
    decodeURIComponent(encoded)
    return true
  } catch {
    return false
  }
}
