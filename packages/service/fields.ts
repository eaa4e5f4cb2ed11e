/** The kinds of variables that a configuration has. Each says in words what is allowed. */
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { schemes } from '@vestnik/transport'
import { z } from 'zod'
import { readBrokerUrl } from './broker-url.ts'

export interface Field<Value> {
  /** Ends the sentence "PORT is "x": it must be …". */
  readonly allowed: string
  /** Reads the text of the variable, or `undefined` when it is unset. */
  readonly schema: z.ZodType<Value>
  /** Its value is never shown, not even in an error. @default false */
  readonly secret?: boolean
}

const text: z.ZodString = z.string()

export function port(standard: number): Field<number> {
  const digits = text.regex(/^[0-9]{1,5}$/).transform(Number)
  return { allowed: 'a port, from 1 to 65535', schema: digits.pipe(z.number().min(1).max(65_535)).default(standard) }
}

export function host(standard: string): Field<string> {
  const name = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i
  return {
    allowed: 'an address or a name of this machine, such as 127.0.0.1 or 0.0.0.0',
    schema: text
      .refine((found) => isIP(found) !== 0 || (name.test(found) && !/^[0-9.]+$/.test(found)))
      .default(standard),
  }
}

/** A folder or a file, as an absolute path. */
export function path(standard: string): Field<string> {
  return {
    allowed: 'a path',
    schema: text
      .refine(isPath)
      .default(standard)
      .transform((found) => resolve(found)),
  }
}

export function optionalPath(): Field<string | undefined> {
  return {
    allowed: 'a path',
    schema: text
      .refine(isPath)
      .transform((found) => resolve(found))
      .optional(),
  }
}

/** The address of another service: without a path, so that routes can be added to it. */
export function serviceUrl(standard: string): Field<string> {
  return {
    allowed: 'an http:// or https:// address without a path, such as http://127.0.0.1:3101',
    schema: text
      .refine((found) => URL.canParse(found) && isServiceUrl(new URL(found)))
      .transform((found) => new URL(found).origin)
      .default(standard),
  }
}

/** A `scheme:…` URL with one of the schemes. */
export function schemeUrl(schemes: readonly string[], example: string): Field<string | undefined> {
  return {
    allowed: `a URL that begins with ${schemes.map((scheme) => `${scheme}:`).join(' or ')}, such as ${example}`,
    schema: text
      .refine((found) => schemes.some((scheme) => found.startsWith(`${scheme}:`) && found.length > scheme.length + 1))
      .optional(),
  }
}

/** Where messages go: every broker that this program knows. */
export function brokerUrl(): Field<string | undefined> {
  const example = 'sqlite:data/broker.db or amqp://user:password@host/vhost or kafka://host:9092,other:9092'
  const { allowed, schema } = schemeUrl(schemes, example)
  return { allowed, schema: schema.refine((found) => !found || readBrokerUrl(found) !== undefined) }
}

/** Addresses and networks with commas between. A network of all addresses is none that somebody could mean. */
export function addressList(): Field<readonly string[]> {
  return {
    allowed: 'addresses or networks with commas between, such as 127.0.0.1,10.0.0.0/8',
    schema: text
      .transform((found) => found.split(',').map((one) => one.trim()))
      .refine((found) => found.every(isAddressOrNetwork))
      .default([]),
  }
}

/** Whether nobody but programs of this machine can reach that host, or be reached there. */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, '').toLowerCase()
  return plain === 'localhost' || plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'))
}

export function oneOf<const Value extends string>(values: readonly Value[]): Field<Value | undefined> {
  return { allowed: `one of ${values.join(', ')}`, schema: z.enum(values).optional() }
}

const isPath = (found: string): boolean => !found.includes('\0')

function isAddressOrNetwork(found: string): boolean {
  const [address = '', bits, ...more] = found.split('/')
  const kind = isIP(address)
  if (kind === 0 || more.length > 0) return false
  return bits === undefined || (/^[1-9][0-9]{0,2}$/.test(bits) && Number(bits) <= (kind === 4 ? 32 : 128))
}

function isServiceUrl(url: URL): boolean {
  const plain =
    url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  return plain && (url.protocol === 'http:' || url.protocol === 'https:')
}
