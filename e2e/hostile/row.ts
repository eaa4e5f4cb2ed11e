/** What a hostile case is: a sentence, what is sent, and how it may be answered. */
import type { ServiceName } from '../system.ts'

/** Somebody with an account, who is signed in and has asked for a film. */
export interface Person {
  readonly email: string
  readonly password: string
  readonly userId: number
  readonly token: string
  readonly refreshToken: string
  /** Awaits its code. */
  readonly rentalId: number
}

/** What the attacker works with. */
export interface Facts {
  readonly anna: Person
  /** The attacker's own account. */
  readonly boris: Person
  /** The attacker found the users service's signing key, as a JWK: what a stolen one could do bounds what any other can. */
  readonly stolenKey: { readonly kty: string; readonly crv: string; readonly x: string; readonly d: string }
}

export interface Sent {
  readonly to: ServiceName
  readonly bytes: string | Buffer
  /** The field that the answer must name. */
  readonly field?: string
}

export interface Row {
  /** Ends the sentence "nobody gets in …". */
  readonly what: string
  /** Those that it may be answered with. */
  readonly statuses: readonly number[]
  /** One idea in all its variants. */
  readonly sends: (facts: Facts) => readonly Sent[]
}

export interface RequestOptions {
  readonly to?: ServiceName
  readonly headers?: Readonly<Record<string, string>>
  readonly token?: string
  /** An object is sent as JSON, all else as it is. */
  readonly body?: object | string | Buffer
  readonly field?: string
}

/** A request that is written like any other; what is hostile stands in its parts. */
export function request(method: string, path: string, options: RequestOptions = {}): Sent {
  const { to = 'gateway', token, field } = options
  const body = bytesOf(options.body)
  const headers: Record<string, string> = {
    host: 'localhost',
    connection: 'close',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(body.length) }),
    ...options.headers,
  }
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`]))
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return { to, bytes: Buffer.concat([head, body ?? Buffer.alloc(0)]), ...(field === undefined ? {} : { field }) }
}

function bytesOf(body: RequestOptions['body']): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}
