/** Gathers what became of one subscription's messages, and tells the worker once in each turn of the event loop. */
import type { Link } from './link.ts'
import { type Report, shardOfTag } from './protocol.ts'

export interface Reports {
  finish(tag: number): void
  spill(tags: readonly number[]): void
  /** The key's next messages lie aside, and it is free. */
  refill(key: string): void
  /** Says this, and what was gathered, now. */
  send(more?: Partial<Pick<Report, 'released' | 'kept' | 'handedOut' | 'leaving'>>): void
  /** How many losses are known here. */
  generation(): number
  /** These shards are another member's now: what was to be said of them is said no more. */
  lose(shards: readonly number[], generation: number): void
  /** Sends what was gathered, and nothing after it. */
  end(): void
}

export function startReports(link: Link, no: number): Reports {
  let generation = 0
  let finished: number[] = []
  let spilled: number[] = []
  let refill: string[] = []
  let scheduled = false
  let ended = false

  const isEmpty = () => finished.length + spilled.length + refill.length === 0

  function soon(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      if (!ended && !isEmpty()) send()
    })
  }

  function send(more: Partial<Report> = {}): void {
    const nothing = { released: [], kept: [], handedOut: [], leaving: false }
    const gathered = { finished: Float64Array.from(finished), spilled: Float64Array.from(spilled), refill }
    link.post({ kind: 'report', report: { no, generation, ...gathered, ...nothing, ...more } })
    finished = []
    spilled = []
    refill = []
  }

  return {
    finish(tag) {
      finished.push(tag)
      soon()
    },
    spill(tags) {
      spilled.push(...tags)
      soon()
    },
    refill(key) {
      refill.push(key)
      soon()
    },
    send,
    generation: () => generation,
    lose(shards, newest) {
      generation = newest
      const kept = (tag: number) => !shards.includes(shardOfTag(tag))
      finished = finished.filter(kept)
      spilled = spilled.filter(kept)
    },
    end() {
      if (!ended && !isEmpty()) send()
      ended = true
    },
  }
}
