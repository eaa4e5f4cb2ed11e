/**
 * What is published to one partition: one batch under way, which goes again until its outcome is known, before anything
 * newer. Callers that come meanwhile share the next one.
 */
import { BusError } from '@vestnik/bus/errors'
import { mostLengths } from './batch.ts'
import type { Answer } from './calls.ts'
import { answerEntry, type Entry, isOver } from './entry.ts'

/** Why something cannot be sent. */
export interface Refused {
  readonly answer: Answer
  readonly why: string
}

/** What came of one attempt to send a batch. */
export type Outcome =
  | { readonly end: 'sent' }
  /** Some of it may be stored. */
  | { readonly end: 'unknown'; readonly why: string }
  /** Nothing of it is stored, as something in it cannot be. */
  | ({ readonly end: 'unfit' } & Refused)
  /** Nothing of it is stored, nor will be for now. */
  | ({ readonly end: 'refused' } & Refused)

export interface Lane {
  /** Goes with the next batch; `go` starts it. */
  add(entry: Entry): void
  go(): void
  /** Gives up what has waited since before that time without any progress since; what is under way stays blocked. */
  expire(before: number): void
  /** Answers what waits, which was certainly not sent. */
  drop(why: Refused): void
  /** Answers all, and sends nothing more. */
  stop(cause: BusError): void
  isBusy(): boolean
  /** Since when the batch under way waits for an answer; undefined when none does. */
  waitsSince(): number | undefined
}

export interface LaneParts {
  /** For people: topic and partition. */
  readonly shown: string
  /** Never rejects. */
  send(entries: readonly Entry[]): Promise<Outcome>
  /** Before a batch goes again: whether there still is a place to send it to; says why not. Never rejects. */
  refusal(): Promise<Refused | undefined>
  now(): number
  sleep(ms: number): Promise<void>
}

const mostEntries = 500
/** A broker takes a batch as one message, of about 1 MiB unless its topic says otherwise. */
const mostBytes = 700 * 1024
const againMs = 200

export function createLane({ shown, send, refusal, now, sleep }: LaneParts): Lane {
  let waiting: Entry[] = []
  let next = 0
  let flight: readonly Entry[] = []
  let isRunning = false
  let isStopped = false
  let progressAt = 0
  let startedAt: number | undefined

  async function run(): Promise<void> {
    for (let batch = take(); batch.length > 0; batch = take()) {
      flight = batch
      await settle(batch)
      flight = []
      progressAt = now()
    }
  }

  function take(): readonly Entry[] {
    const batch: Entry[] = []
    let bytes = 0
    for (; next < waiting.length && batch.length < mostEntries; next += 1) {
      const entry = waiting[next]
      if (entry === undefined || isOver(entry)) continue
      bytes += entry.record.content.length + mostLengths
      if (batch.length > 0 && bytes > mostBytes) break
      batch.push(entry)
    }
    if (next === waiting.length || next > 2000) {
      waiting = waiting.slice(next)
      next = 0
    }
    return batch
  }

  /** Resolves when it is known what became of all of it. */
  async function settle(batch: readonly Entry[], wasInDoubt = false): Promise<void> {
    let inDoubt = wasInDoubt
    for (;;) {
      startedAt = now()
      const outcome = await send(batch)
      startedAt = undefined
      if (isStopped) return
      if (outcome.end === 'sent') return answerAll(batch, 'sent')
      if (outcome.end === 'unfit') return settleParts(batch, outcome, inDoubt)
      if (outcome.end === 'refused') return refuse(batch, outcome, inDoubt)
      inDoubt = true
      const gone = await refusal()
      if (gone) return refuse(batch, gone, inDoubt)
      await sleep(againMs)
      if (isStopped) return
    }
  }

  /** One message that cannot be stored is found by halves, and the others are stored. */
  async function settleParts(batch: readonly Entry[], why: Refused, inDoubt: boolean): Promise<void> {
    if (batch.length === 1) return refuse(batch, why, inDoubt)
    const half = Math.ceil(batch.length / 2)
    await settle(batch.slice(0, half), inDoubt)
    const rest = batch.slice(half).filter((entry) => !isOver(entry))
    if (rest.length > 0 && !isStopped) await settle(rest, inDoubt)
  }

  function refuse(batch: readonly Entry[], { answer, why }: Refused, inDoubt: boolean): void {
    const code = answer === 'sent' || answer === 'doubtful' ? 'BROKER_REFUSED' : answer
    answerAll(batch, inDoubt ? 'doubtful' : answer, new BusError(code, `publish to ${shown}: ${why}`))
  }

  function answerAll(batch: readonly Entry[], answer: Answer, cause?: BusError): void {
    for (const entry of batch) answerEntry(entry, answer, cause)
  }

  return {
    add(entry) {
      waiting.push(entry)
    },
    go() {
      if (isRunning || isStopped) return
      isRunning = true
      progressAt = now()
      void run().finally(() => {
        isRunning = false
      })
    },
    expire(before) {
      if (!isRunning || progressAt > before) return
      const cause = new BusError('BROKER_UNREACHABLE', `publish to ${shown}: no answer in time`)
      for (const entry of [...flight, ...waiting.slice(next)]) {
        if (entry.call.at <= before) answerEntry(entry, 'doubtful', cause)
      }
      // The batch under way may block the lane for as long as it likes.
      waiting = waiting.slice(next).filter((entry) => !isOver(entry))
      next = 0
    },
    drop(why) {
      const dropped = waiting.slice(next)
      waiting = []
      next = 0
      refuse(dropped, why, false)
    },
    stop(cause) {
      isStopped = true
      answerAll([...flight, ...waiting.slice(next)], 'doubtful', cause)
      waiting = []
      next = 0
    },
    isBusy: () => isRunning,
    waitsSince: () => startedAt,
  }
}
