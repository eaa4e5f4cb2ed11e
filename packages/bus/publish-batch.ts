/** One batch at the broker: what it holds, what is doubtful, and what it refused. */
import type { Broker } from './brokers.ts'
import { type Code, hasCode, PublishError } from './errors.ts'
import type { TakenRow } from './outbox.ts'

/** What became of a batch; each row that is in neither is held by the broker. */
export interface Published {
  readonly batch: readonly TakenRow[]
  readonly doubtful: ReadonlySet<string>
  readonly refused: ReadonlyMap<string, Code>
  /** Why not all of it is held. */
  readonly error?: unknown
}

/** The places at the broker of what is published. */
export interface PublishedPlaces {
  readonly made: Promise<void>
  /** Makes them once more, where the broker has lost them; false for a topic that is not ours any more. */
  makeAgain(topic: string): Promise<boolean>
}

/** Whether the broker holds all of it. */
export const isWhole = ({ doubtful, refused }: Published): boolean => doubtful.size + refused.size === 0

export async function publishBatch(
  { transport }: Broker,
  places: PublishedPlaces,
  batch: readonly TakenRow[],
): Promise<Published> {
  try {
    await transport.publish(batch)
    return { batch, doubtful: new Set(), refused: new Map() }
  } catch (error) {
    const known = error instanceof PublishError
    const doubtful = new Set(known ? error.doubtful : batch.map(({ id }) => id))
    const refused = new Map(known ? error.refused.map(({ id, code }) => [id, code]) : [])
    await keepHomeless(places, batch, doubtful, refused)
    return { batch, doubtful, refused, error }
  }
}

/** A topic of ours that the broker has lost is made again, once for the whole batch, and its messages are sent again. */
async function keepHomeless(
  places: PublishedPlaces,
  batch: readonly TakenRow[],
  doubtful: Set<string>,
  refused: Map<string, Code>,
): Promise<void> {
  const homeless = batch.filter(({ id }) => refused.get(id) === 'UNKNOWN_TOPIC')
  const topics = [...new Set(homeless.map(({ topic }) => topic))]
  const made = new Map<string, boolean>()
  for (const topic of topics) made.set(topic, await places.makeAgain(topic).catch(mayBeMadeLater))
  for (const { id, topic } of homeless) {
    if (made.get(topic) !== true) continue
    refused.delete(id)
    doubtful.add(id)
  }
}

/** A broker that is away is asked again; what it has in another way by now is for a person to mend. */
const mayBeMadeLater = (error: unknown): boolean => !hasCode(error, 'TOPOLOGY_CONFLICT', 'BAD_OPTION')
