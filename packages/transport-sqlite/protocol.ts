/** What the main thread and the worker say to each other. Both sides handle what they get strictly in order. */
import type { Code } from '@vestnik/bus/errors'
import type { Health, Topology } from '@vestnik/bus/transport'
import type { CrashAt } from './crash.ts'

/** What the worker is started with. */
export interface WorkerSettings {
  readonly path: string
  readonly leaseMs: number
  readonly lockMs: number
  readonly crashAt: CrashAt | undefined
}

export interface Fault {
  readonly code: Code
  readonly text: string
}

export type ToWorker =
  | { readonly kind: 'publish'; readonly frame: Frame }
  | { readonly kind: 'ensure'; readonly call: number; readonly topology: Topology }
  | { readonly kind: 'subscribe'; readonly call: number; readonly subscription: NewSubscription }
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'close'; readonly handedOut: readonly HandedOut[] }

/** What one subscription handed out and never finished. */
export interface HandedOut {
  readonly no: number
  readonly tags: readonly number[]
}

/** Messages to append, each as: u32 bytes of the message, u32 index in `topics`, the message. */
export interface Frame {
  readonly no: number
  readonly topics: readonly string[]
  readonly buffer: ArrayBuffer
  readonly count: number
  /** The frame whose failure must fail this one: an earlier part of the same call. */
  readonly after: number | undefined
}

export interface NewSubscription {
  readonly no: number
  readonly topic: string
  readonly group: string
  readonly order: 'key' | 'none'
  /** How many messages, and how many bytes of them, may be on the main thread at once. */
  readonly window: number
  readonly windowBytes: number
  /** Two floats: until when this member may hand out, in milliseconds since 1970, and after how many losses. */
  readonly lease: SharedArrayBuffer
}

/** What became of messages of one subscription. A tag is id × 16 + shard. */
export interface Report {
  readonly no: number
  /** The newest loss that the main thread knew of when it wrote this. */
  readonly generation: number
  readonly finished: Float64Array
  /** Messages that wait behind a slow one of their key: put them aside, so that others can come. */
  readonly spilled: Float64Array
  /** Keys whose next messages are aside, and that are free now. */
  readonly refill: readonly string[]
  /** Shards that are quiet, as was asked; and those that are not, after a while. */
  readonly released: readonly number[]
  readonly kept: readonly number[]
  /** Of the released shards: what was handed out and has not finished. */
  readonly handedOut: readonly number[]
  readonly leaving: boolean
}

export type FromWorker =
  | { readonly kind: 'open' }
  | { readonly kind: 'fault'; readonly call: number | undefined; readonly fault: Fault }
  | { readonly kind: 'done'; readonly call: number }
  | { readonly kind: 'published'; readonly results: readonly FrameResult[] }
  | { readonly kind: 'messages'; readonly no: number; readonly buffer: ArrayBuffer; readonly count: number }
  | { readonly kind: 'freed'; readonly no: number; readonly keys: readonly string[] }
  | { readonly kind: 'lost'; readonly no: number; readonly shards: readonly number[]; readonly generation: number }
  | { readonly kind: 'release'; readonly no: number; readonly shards: readonly number[] }
  | { readonly kind: 'left'; readonly no: number }
  | { readonly kind: 'health'; readonly health: Health }
  | { readonly kind: 'log'; readonly text: string }
  | { readonly kind: 'closed' }

export interface FrameResult {
  readonly no: number
  /** Set when nothing of the frame is known to be stored. */
  readonly fault: Fault | undefined
  /** Indexes of messages whose topic is unknown; nothing of them is stored. */
  readonly unknown: readonly number[]
}

/** Messages for the main thread stand in one buffer, each as: f64 tag, u32 flags, u32 bytes, the message. */
export const entryBytes = 16

export const flags = {
  redelivered: 1,
  /** It was read from aside, not from the log. */
  aside: 2,
  /** More of its key are aside. */
  more: 4,
} as const

export const tagOf = (id: number, shard: number): number => id * 16 + shard
export const shardOfTag = (tag: number): number => tag % 16
export const idOfTag = (tag: number): number => Math.floor(tag / 16)
