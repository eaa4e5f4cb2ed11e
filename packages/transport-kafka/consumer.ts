/** One group at one member. */
import { BusError } from '@vestnik/bus/errors'
import type { Deliver, Group } from '@vestnik/bus/transport'
import type { Clients } from './clients.ts'
import type { Names } from './names.ts'
import type { Settings } from './options.ts'

export interface Consumer {
  drain(deadline?: AbortSignal): Promise<void>
  /** Ends at once: aborts what runs, and gives back what is in hand. */
  stop(): Promise<void>
  /** Why it does not read all that is its own; undefined when it does. */
  trouble(): string | undefined
}

export interface ConsumerParts {
  readonly settings: Settings
  readonly clients: Clients
  readonly names: Names
}

/** Resolves when the group is joined. @throws BusError `UNKNOWN_TOPIC`, `BROKER_UNREACHABLE`, `BROKER_REFUSED` */
export async function startConsumer(group: Group, _deliver: Deliver, { settings }: ConsumerParts): Promise<Consumer> {
  throw new BusError('BROKER_UNREACHABLE', `subscribe ${group.name} to ${group.topic} on ${settings.shown}: cannot yet`)
}
