/**
 * The end of a channel or a connection, which comes in any case: the client's own close waits for its answer for as long
 * as it takes, also when the socket is lost meanwhile, and the answer with it.
 */
import type { EventEmitter } from 'node:events'

export interface Closable extends Pick<EventEmitter, 'once' | 'off'> {
  close(): Promise<void>
}

const closeMs = 1000

/**
 * Resolves when it is closed, in whatever way, or after a second without an answer: then `unanswered` is called. Never
 * rejects.
 */
export async function closed(one: Closable, unanswered: () => void = () => {}): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const late = setTimeout(() => {
    unanswered()
    resolve()
  }, closeMs)
  one.once('close', resolve)
  // It rejects where it was closed already.
  one.close().then(resolve, resolve)
  await promise
  clearTimeout(late)
  one.off('close', resolve)
}
