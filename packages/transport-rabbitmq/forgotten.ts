/**
 * Finds readers whose queue does not know them: a broker may forget to tell that a queue was deleted, when it is made
 * again at the same moment.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChannelModel } from 'amqplib'
import { consumersOf, withChannels } from './questions.ts'
import type { Reader } from './reader.ts'

/** A queue whose leader is busy, or just elected, may say that it has no consumers: it is asked again after this. */
const againMs = 500

/** Those whose queue has no consumers at all. Where another member reads it, nothing waits for this one. */
export async function forgottenOf<One extends Pick<Reader, 'queue' | 'isLost'>>(
  model: ChannelModel,
  readers: readonly One[],
): Promise<readonly One[]> {
  const suspects = await unread(model, readers)
  if (suspects.length === 0) return suspects
  await sleep(againMs)
  return unread(model, suspects)
}

function unread<One extends Pick<Reader, 'queue' | 'isLost'>>(
  model: ChannelModel,
  readers: readonly One[],
): Promise<readonly One[]> {
  return withChannels(model, async (channels) => {
    const found: One[] = []
    for (const reader of readers) {
      if (!reader.isLost && (await consumersOf(channels, reader.queue)) === 0) found.push(reader)
    }
    return found.filter(({ isLost }) => !isLost)
  })
}
