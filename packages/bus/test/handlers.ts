/** The handlers of a simulated run: they do what the script says of each message. */
import type { LogEntry } from '../bus.ts'
import type { Contract } from '../contract.ts'
import { permanent, uncertain } from '../errors.ts'
import { effect, type Handler, on } from '../handler.ts'
import { die, type Life } from './process.ts'
import type { Payload } from './script.ts'
import type { World } from './simulate.ts'

/** One act outside the database. */
export interface Outside {
  readonly n: number
  readonly idempotencyKey: string
  readonly edited: boolean
}

export const claimMs = 2_000

export function handlerOf(world: World, contract: Contract<Payload, 'reader'>, life: Life): Handler {
  if (world.setting.kind === 'on') {
    return on(contract, 'reader', async (payload, { tx }) => {
      behave(world, payload, life)
      await tx.query('INSERT INTO effects (n) VALUES (?)', [payload.n])
    })
  }
  const act = async (payload: Payload, idempotencyKey: string) => {
    const { outside, clock, chance, faults } = world
    const write = () => outside.push({ n: payload.n, idempotencyKey, edited: payload.edited ?? false })
    await clock.sleep(chance.whole(1, 100))
    if (life.dead) return
    const before = chance.happens(0.5)
    if (before && isKiller(world, payload)) write()
    behave(world, payload, life)
    const behaviour = world.script[payload.n]?.behaviour
    if (behaviour?.kind === 'slow' && !payload.edited) await clock.sleep(behaviour.ms)
    if (life.dead) return
    if (faults.on && chance.happens(0.03)) {
      if (chance.happens(0.5)) write()
      throw uncertain('the connection broke')
    }
    write()
  }
  return effect(contract, 'reader', (payload, { idempotencyKey }) => act(payload, idempotencyKey), { claimMs })
}

function isKiller({ script }: World, payload: Payload): boolean {
  const behaviour = script[payload.n]?.behaviour
  return !payload.edited && behaviour?.kind === 'kills' && behaviour.left > 0
}

function behave({ script }: World, payload: Payload, life: Life): void {
  const behaviour = script[payload.n]?.behaviour
  if (!behaviour || payload.edited) return
  if (behaviour.kind === 'permanent') throw permanent('scripted')
  if (behaviour.kind === 'fails' && behaviour.left-- > 0) throw new Error('scripted')
  if (behaviour.kind === 'kills' && behaviour.left-- > 0) die(life)
}

/** What the engine calls an error in its log is one of the run's too, unless faults explain it. */
export function errorWhen(world: World): (entry: LogEntry) => void {
  return ({ level, message, error }) => {
    if (level === 'error' && !world.faults.on && !message.includes('set aside')) console.error(message, error)
  }
}
