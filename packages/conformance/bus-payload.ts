/** What the laws of the bus publish: a name, as `a1`, whose letters are its key. A schema of its own, so that no library is needed. */
import type { Contract } from '@vestnik/bus'
import { keyOf } from './messages.ts'

export interface Payload {
  readonly name: string
  /** Makes a message as large as a law needs it. */
  readonly filling?: string
}

type Schema = Contract<Payload>['schema']

/** Accepts what has a name. */
export const payloadSchema: Schema = {
  '~standard': {
    version: 1,
    vendor: 'vestnik-laws',
    validate: (value) => (isPayload(value) ? { value } : { issues: [{ message: 'expected a text', path: ['name'] }] }),
  },
}

/** The same, but it answers later. */
export const laterSchema: Schema = {
  '~standard': {
    ...payloadSchema['~standard'],
    validate: async (value) => {
      await new Promise((resolve) => setImmediate(resolve))
      return payloadSchema['~standard'].validate(value)
    },
  },
}

export const keyOfPayload = ({ name }: Payload): string | undefined => keyOf(name)

export const encode = (payload: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(payload))

function isPayload(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string'
}
