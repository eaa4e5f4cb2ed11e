/** Laws of the bus: an effect outside is repeated only when nobody can know, with the same key and content, and is counted. */
import assert from 'node:assert/strict'
import { type EffectContext, effect, type Store, uncertain } from '@vestnik/bus'
import { type BusLaw, effects, law, onceAsEffect } from './bus-law.ts'
import { as, coded, dying, failing, untilDead, untilDeadLetter } from './bus-manners.ts'
import { encode } from './bus-payload.ts'

/** Short, so that a law need not wait long for it to lapse. */
const claimMs = 400

export const acting: readonly BusLaw[] = [
  law('an effect gets the same idempotency key at each repeat, and another after an edit', effects, async (bench) => {
    const contract = bench.contract({ retry: { attempts: 3, firstDelayMs: 10 } })
    const keys: string[] = []
    const act = async (_: unknown, { idempotencyKey }: EffectContext) => {
      keys.push(idempotencyKey)
      if (keys.length !== 4) throw new Error('not yet')
    }
    const reader = await bench.process({ handlers: [effect(contract, 'readers', act)] })
    await reader.publish(contract, 'a1', 'b1')
    // a1 or b1 may be first in a group without order: one has used up three, the other went through or goes on.
    const [letter] = await untilDeadAtLeastOne()
    assert.ok(letter)
    const before = keys.filter((key) => key.includes(letter.id))
    assert.equal(new Set(before).size, 1)
    await reader.bus.operations.edit(letter, encode({ name: 'a2' }), as(letter))
    await bench.until(
      'a start after the edit',
      () => keys.filter((key) => key.includes(letter.id)).length > before.length,
    )
    const after = keys.filter((key) => key.includes(letter.id)).at(-1)
    assert.ok(after && !before.includes(after))
    assert.equal(new Set(keys.filter((key) => !key.includes(letter.id))).size <= 1, true)

    async function untilDeadAtLeastOne() {
      let found = await reader.bus.operations.listDead()
      await bench.until('a dead letter', async () => {
        found = await reader.bus.operations.listDead()
        return found.length > 0
      })
      return found
    }
  }),

  law(
    'an effect whose process dies before the mark is repeated with the same key, and counted',
    effects,
    async (bench) => {
      const contract = bench.contract({ uncertain: 'repeat' })
      const service = bench.invent('acting')
      const life = bench.life()
      life.dieAt('runner.acted')
      // It fails once more after the doubt, so that its row can be looked at.
      const later = dying('a1')
      await bench.process({ service, life, handlers: [bench.handler(contract, undefined, { claimMs })] })
      const writer = await bench.process({ publishes: [contract] })
      await writer.publish(contract, 'a1')
      await bench.until('the death', () => life.isDead())
      const reader = await bench.process({ service, handlers: [bench.handler(contract, later.does, { claimMs })] })
      const letter = await untilDeadLetter(bench, reader)
      assert.equal(letter.uncertain, 1)
      later.mend()
      await reader.bus.operations.replay(letter, as(letter))
      await bench.until('the repeat', async () => (await reader.names()).length === 2)
      const [first, second] = await reader.effects()
      assert.deepEqual(first, second)
      await bench.within('settled', reader.bus.settled())
      assert.equal(await uncertainOf(reader.store, letter.id), 1, 'the doubt is never forgotten')
    },
  ),

  law(
    "with uncertain 'dead' an effect whose process died before the mark waits for a person",
    effects,
    async (bench) => {
      const contract = bench.contract({ uncertain: 'dead' })
      const service = bench.invent('acting')
      const life = bench.life()
      life.dieAt('runner.acted')
      const handlers = () => [bench.handler(contract, undefined, { claimMs })]
      await bench.process({ service, life, handlers: handlers() })
      const writer = await bench.process({ publishes: [contract] })
      await writer.publish(contract, 'a1')
      await bench.until('the death', () => life.isDead())
      const reader = await bench.process({ service, handlers: handlers() })
      const letter = await untilDeadLetter(bench, reader)
      assert.deepEqual([letter.reason, letter.uncertain], ['uncertain', 1])
      assert.equal((await reader.names()).length, 1)
      await assert.rejects(reader.bus.operations.edit(letter, encode({ name: 'a2' }), as(letter)), coded('NEEDS_FORCE'))
      await reader.bus.operations.edit(letter, encode({ name: 'a2' }), as(letter, true))
      await bench.untilEffects(reader, ['a2'])
      const [first, second] = await reader.effects()
      assert.notEqual(first?.idempotencyKey, second?.idempotencyKey, 'another content, another key')
    },
  ),

  law('an effect that says it is uncertain is counted, and the contract says what then', effects, async (bench) => {
    for (const then of ['repeat', 'dead'] as const) {
      const contract = bench.contract({ uncertain: then, retry: { attempts: 2, firstDelayMs: 10 } })
      let acts = 0
      const act = () => {
        acts += 1
        throw uncertain('the connection broke after the last byte')
      }
      const reader = await bench.process({ handlers: [effect(contract, 'readers', act)] })
      await reader.publish(contract, 'a1')
      const letter = await untilDeadLetter(bench, reader)
      assert.equal(letter.uncertain, acts)
      assert.equal(acts, then === 'repeat' ? 2 : 1)
      assert.equal(letter.reason, then === 'repeat' ? '2 attempts failed' : 'uncertain')
    }
  }),

  law(
    'an effect that outlives its claim is told so, is counted as uncertain, and its late end changes nothing',
    onceAsEffect,
    async (bench) => {
      const contract = bench.contract({ uncertain: 'dead' })
      const service = bench.invent('acting')
      const gate = Promise.withResolvers<void>()
      let told = false
      const stuck = async (_: unknown, { signal }: EffectContext) => {
        signal.addEventListener('abort', () => {
          told = true
        })
        await gate.promise
      }
      const first = await bench.process({ service, handlers: [effect(contract, 'readers', stuck, { claimMs })] })
      const [id] = await first.publish(contract, 'a1')
      await bench.until('the signal', () => told)
      const second = await bench.process({ service, handlers: [bench.handler(contract, undefined, { claimMs })] })
      const letter = await untilDeadLetter(bench, second)
      assert.deepEqual([letter.reason, letter.uncertain, letter.id], ['uncertain', 1, id])
      gate.resolve()
      await bench.within('close', first.bus.close())
      const still = await untilDeadLetter(bench, second)
      assert.deepEqual([still.state, still.revision], ['dead', letter.revision])
    },
  ),

  law('an effect that failed for certain is not counted as uncertain', effects, async (bench) => {
    const contract = bench.contract({ retry: { attempts: 2, firstDelayMs: 10 } })
    const reader = await bench.process({ handlers: [bench.handler(contract, failing({ a1: 9 }))] })
    await reader.publish(contract, 'a1')
    const [letter] = await untilDead(bench, reader, 1)
    assert.equal(letter?.uncertain, 0)
  }),
]

async function uncertainOf(store: Store, id: string): Promise<number> {
  const [row] = await store.read((tx) => tx.query(`SELECT uncertain FROM vestnik_inbox WHERE id = '${id}'`, []))
  return Number(row?.uncertain)
}
