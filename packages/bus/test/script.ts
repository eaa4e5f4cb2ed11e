/** What a simulated run publishes, and how each message behaves. */
import { z } from 'zod'
import type { Contract } from '../contract.ts'
import { contract } from '../contract.ts'
import type { Chance } from './chance.ts'

export type Behaviour =
  | { readonly kind: 'ok' }
  | { readonly kind: 'fails'; left: number }
  | { readonly kind: 'permanent' }
  | { readonly kind: 'kills'; left: number }
  | { readonly kind: 'slow'; readonly ms: number }

export interface Scripted {
  readonly n: number
  readonly key: string | undefined
  readonly behaviour: Behaviour
  readonly lifeMs: number | undefined
  readonly delayMs: number | undefined
  /** Too large for the broker. */
  readonly huge: boolean
}

export interface Setting {
  readonly kind: 'on' | 'effect'
  readonly afterDead: 'continue' | 'park'
  readonly uncertain: 'repeat' | 'dead'
  readonly consumers: number
  readonly concurrency: number
  readonly heldLimit: number
  readonly attempts: number
  readonly people: boolean
}

export interface Payload {
  readonly n: number
  readonly key?: string | undefined
  readonly filling?: string | undefined
  readonly edited?: boolean | undefined
}

export const maxBodyBytes = 2_000

export function settingOf(chance: Chance): Setting {
  return {
    kind: chance.pick(['on', 'on', 'effect']),
    afterDead: chance.pick(['continue', 'park']),
    uncertain: chance.pick(['repeat', 'dead']),
    consumers: chance.whole(1, 3),
    concurrency: chance.whole(2, 8),
    heldLimit: chance.whole(6, 14),
    attempts: chance.whole(2, 3),
    people: chance.happens(0.75),
  }
}

export function scriptOf(chance: Chance): readonly Scripted[] {
  const keys = chance.whole(2, 6)
  return Array.from({ length: chance.whole(25, 50) }, (_, n) => ({
    n,
    key: chance.happens(0.1) ? undefined : `k${chance.whole(1, keys)}`,
    behaviour: behaviourOf(chance),
    lifeMs: chance.happens(0.06) ? chance.whole(500, 15_000) : undefined,
    delayMs: chance.happens(0.04) ? chance.whole(500, 15_000) : undefined,
    huge: chance.happens(0.02),
  }))
}

function behaviourOf(chance: Chance): Behaviour {
  const drawn = chance.next()
  if (drawn < 0.62) return { kind: 'ok' }
  if (drawn < 0.74) return { kind: 'fails', left: chance.whole(1, 2) }
  if (drawn < 0.82) return { kind: 'permanent' }
  if (drawn < 0.88) return { kind: 'kills', left: chance.happens(0.5) ? 99 : chance.whole(1, 2) }
  return { kind: 'slow', ms: chance.whole(50, 800) }
}

export function contractOf(setting: Setting): Contract<Payload, 'reader'> {
  return contract('simulated', {
    schema: z.object({
      n: z.int(),
      key: z.string().optional(),
      filling: z.string().optional(),
      edited: z.boolean().optional(),
    }),
    key: ({ key }) => key,
    groups: [{ name: 'reader', concurrency: setting.concurrency }],
    retry: { attempts: setting.attempts, firstDelayMs: 100, maxDelayMs: 2_000 },
    afterDead: setting.afterDead,
    uncertain: setting.uncertain,
  })
}
