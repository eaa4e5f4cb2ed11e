/** The contracts of the laws. */
import { type Contract, type ContractOptions, contract } from '@vestnik/bus'
import { keyOfPayload, type Payload, payloadSchema } from './bus-payload.ts'

/** What a law wants to be different. */
export interface ContractShape extends Partial<Omit<ContractOptions<Payload, string>, 'groups'>> {
  readonly topic?: string
  /** @default ['readers'] */
  readonly groups?: readonly string[]
  /** @default 8 */
  readonly concurrency?: number
}

/** Quick retries, so that no law waits long; the first is well behind what a commit takes. */
const retry = { attempts: 8, firstDelayMs: 30, maxDelayMs: 120 }

export function lawContract(topic: string, order: 'key' | 'none', shape: ContractShape): Contract<Payload> {
  const { topic: _, groups = ['readers'], concurrency = 8, ...options } = shape
  return contract<Payload, string>(topic, {
    schema: payloadSchema,
    key: keyOfPayload,
    partitions: 4,
    ...options,
    retry: { ...retry, ...options.retry },
    groups: groups.map((name) => ({ name, order, concurrency })),
  })
}
