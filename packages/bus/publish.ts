/** Publishing: from a payload to a row of the outbox, in the caller's own transaction. */
import type { PublishHere, PublishOptions } from './bus.ts'
import type { Contract } from './contract.ts'
import type { Engine } from './engine.ts'
import { BusError } from './errors.ts'
import type { MessageFacts, OnHandler } from './handler.ts'
import type { Outbox } from './outbox.ts'
import type { Tx } from './store.ts'
import { isShort, isStorable, longestKey } from './texts.ts'
import type { Outgoing } from './transport.ts'
import { validate } from './validate.ts'
import { encodeBody, encodeHeaders } from './wire.ts'

/** Makes messages of a service. The payload is validated; what the schema answers is what is sent. */
export type Write = (contract: Contract, payload: unknown, options: PublishOptions) => Outgoing | Promise<Outgoing>

export interface WriterParts {
  readonly service: string
  readonly now: () => number
  readonly id: () => string
  /** Adds the caller's trace context. */
  readonly inject: (headers: Record<string, string>) => void
}

export function writer({ service, now, id, inject }: WriterParts): Write {
  return (contract, payload, options) => {
    const checked = validate(contract.schema, payload)
    return checked instanceof Promise ? checked.then(finish) : finish(checked)

    function finish(result: Awaited<typeof checked>): Outgoing {
      if (result.issues !== undefined) {
        throw new BusError('INVALID_PAYLOAD', `publish ${contract.topic}: ${result.issues}`)
      }
      const time = now()
      const expires = options.expires ?? (contract.lifeMs === undefined ? undefined : time + contract.lifeMs)
      const headers = encodeHeaders(contract, { source: service, time, expires, notBefore: options.notBefore })
      inject(headers)
      const key = checkKey(contract, options.key ?? contract.key?.(result.value))
      return {
        id: id(),
        topic: contract.topic,
        ...(key !== undefined && { key }),
        headers,
        body: encodeBody(contract, result.value),
      }
    }
  }
}

function checkKey({ topic }: Contract, key: string | undefined): string | undefined {
  if (key === undefined || (isShort(key) && isStorable(key))) return key
  const what = isShort(key) ? 'has NUL or half of a surrogate pair' : `has ${Buffer.byteLength(key)} bytes`
  const allowed = `allowed is any other text of at most ${longestKey} bytes`
  throw new BusError('INVALID_PAYLOAD', `publish ${topic}: the key ${what}: ${allowed}`)
}

/** Publishes through the outbox: writes the row in the transaction, and answers the message's id. */
export type Publish = (tx: Tx, contract: Contract, payload: unknown, options?: PublishOptions) => Promise<string>

/** With a schema that answers at once, the row is on its way before anything that the caller awaits. */
export function publisher({ service, ports, telemetry, added }: Parts, outbox: Outbox, known: Contracts): Publish {
  const write = writer({ service, now: ports.now, id: ports.id, inject: telemetry.inject })

  return async (tx, contract, payload, options = {}) => {
    if (known.get(contract.topic) !== contract) {
      throw new BusError(
        'CONTRACT_UNKNOWN',
        `publish ${contract.topic}: the bus of ${service} was not opened with this contract; add it to publishes`,
      )
    }
    const written = write(contract, payload, options)
    const message = written instanceof Promise ? await written : written
    added.note()
    await outbox.add(tx, { ...message, created: ports.now(), parks: contract.afterDead === 'park' })
    ports.crash('outbox.added')
    return message.id
  }
}

type Parts = Pick<Engine, 'service' | 'ports' | 'telemetry' | 'added'>
type Contracts = ReadonlyMap<string, Contract>

/** Runs an `on` handler in its transaction, and waits for what it published without waiting. */
export async function handleIn(
  publish: Publish,
  { handle }: OnHandler,
  payload: unknown,
  tx: Tx,
  message: MessageFacts,
): Promise<void> {
  const published: Promise<string>[] = []
  const publishHere: PublishHere = (contract, value, options) => {
    const publishing = publish(tx, contract as Contract, value, options)
    published.push(publishing)
    publishing.catch(() => undefined) // its error comes out below, whether the handler waits for it or not
    return publishing
  }
  await handle(payload, { tx, message, publish: publishHere })
  await Promise.all(published)
}
