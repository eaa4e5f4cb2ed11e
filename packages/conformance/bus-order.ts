/** Laws of the bus: the messages of a key take effect in order, whatever fails, and no other key waits for it. */
import assert from 'node:assert/strict'
import { type BusLaw, law, ordered, unordered } from './bus-law.ts'
import { as, dying, failing, untilAtRest, untilDead, untilHeld } from './bus-manners.ts'
import { keyOf, rounds, series } from './messages.ts'

/** Longer than any law lasts. */
const neverMs = 3_600_000

export const inOrder: readonly BusLaw[] = [
  law(
    'the messages of a key take effect in the order of their publication, though some fail at first',
    ordered,
    async (bench) => {
      const contract = bench.contract()
      const flaky = failing({ a1: 2, a3: 1, b2: 3, c5: 1 })
      const reader = await bench.process({ handlers: [bench.handler(contract, flaky)] })
      const names = rounds(4, 6)
      await reader.publish(contract, ...names)
      await bench.untilEffects(reader, names)
      const took = await reader.names()
      assert.equal(took.length, names.length)
      for (const key of ['a', 'b', 'c', 'd'])
        assert.deepEqual(
          took.filter((name) => keyOf(name) === key),
          series(key, 6),
        )
    },
  ),

  law('another key goes on while one is held', ordered, async (bench) => {
    const contract = bench.contract({ retry: { firstDelayMs: neverMs, maxDelayMs: neverMs } })
    const reader = await bench.process({ handlers: [bench.handler(contract, failing({ a1: 9 }))] })
    await reader.publish(contract, 'a1', 'a2', 'b1', 'a3', 'b2')
    await bench.untilEffects(reader, ['b1', 'b2'])
    await untilHeld(bench, reader, 3)
    assert.deepEqual(await reader.names(), ['b1', 'b2'])
  }),

  law('in a group without order a held message holds back no other', unordered, async (bench) => {
    const contract = bench.contract({ retry: { firstDelayMs: neverMs, maxDelayMs: neverMs } })
    const reader = await bench.process({ handlers: [bench.handler(contract, failing({ a1: 9 }))] })
    await reader.publish(contract, 'a1', 'a2', 'a3')
    await bench.untilEffects(reader, ['a2', 'a3'])
    await untilHeld(bench, reader, 1)
  }),

  law('a key that is held in one group goes on in another', ordered, async (bench) => {
    const contract = bench.contract({
      groups: ['stuck', 'well'],
      retry: { firstDelayMs: neverMs, maxDelayMs: neverMs },
    })
    const handlers = [
      bench.handler(contract, failing({ a1: 9 }), { group: 'stuck' }),
      bench.handler(contract, undefined, { group: 'well' }),
    ]
    const reader = await bench.process({ handlers })
    await reader.publish(contract, 'a1', 'a2')
    await bench.untilEffects(reader, ['a1', 'a2'], 'well')
    assert.deepEqual(await reader.names('stuck'), [])
  }),

  law('messages without a key wait for none that is held', ordered, async (bench) => {
    const contract = bench.contract({ retry: { firstDelayMs: neverMs, maxDelayMs: neverMs } })
    const reader = await bench.process({ handlers: [bench.handler(contract, failing({ 1: 9 }))] })
    await reader.publish(contract, '1', '2', '3')
    await bench.untilEffects(reader, ['2', '3'])
    await untilHeld(bench, reader, 1)
  }),

  law('behind a dead letter its key goes on, and a replay takes effect at its own time', ordered, async (bench) => {
    const contract = bench.contract({ afterDead: 'continue' })
    const { does, mend } = dying('a1')
    const reader = await bench.process({ handlers: [bench.handler(contract, does)] })
    await reader.publish(contract, 'a1', 'a2', 'a3')
    await bench.untilEffects(reader, ['a2', 'a3'])
    mend()
    const [letter] = await untilDead(bench, reader, 1)
    assert.ok(letter)
    await reader.bus.operations.replay(letter, as(letter))
    await bench.untilEffects(reader, ['a1'])
    assert.deepEqual(await reader.names(), ['a2', 'a3', 'a1'])
  }),

  law(
    "with afterDead 'park' the later messages of a key wait until the dead letter is replayed, in order",
    ordered,
    async (bench) => {
      const contract = bench.contract({ afterDead: 'park' })
      const { does, mend } = dying('a1')
      const reader = await bench.process({ handlers: [bench.handler(contract, does)] })
      await reader.publish(contract, 'a1', 'a2', 'b1', 'a3')
      await bench.untilEffects(reader, ['b1'])
      const [letter] = await untilDead(bench, reader, 1)
      await untilHeld(bench, reader, 2)
      assert.ok(letter?.parks)
      assert.deepEqual(await reader.names(), ['b1'])
      mend()
      await reader.bus.operations.replay(letter, as(letter))
      await bench.untilEffects(reader, ['a1', 'a2', 'a3'])
      assert.deepEqual(await reader.names(), ['b1', 'a1', 'a2', 'a3'])
    },
  ),

  law(
    "with afterDead 'park' the later messages of a key go on, in order, when the dead letter is dropped",
    ordered,
    async (bench) => {
      const contract = bench.contract({ afterDead: 'park' })
      const reader = await bench.process({ handlers: [bench.handler(contract, dying('a1').does)] })
      await reader.publish(contract, 'a1', 'a2', 'a3')
      const [letter] = await untilDead(bench, reader, 1)
      await untilHeld(bench, reader, 2)
      assert.ok(letter)
      assert.deepEqual(await reader.names(), [])
      await reader.bus.operations.drop(letter, as(letter))
      await bench.untilEffects(reader, ['a2', 'a3'])
      await untilAtRest(bench, reader)
      assert.deepEqual(await reader.names(), ['a2', 'a3'])
    },
  ),

  law('order is kept when the processes of a service come and go', ordered, async (bench) => {
    const contract = bench.contract()
    const service = bench.invent('changing')
    const flaky = failing({ a2: 1, b7: 2, c9: 1 })
    const start = () => bench.process({ service, handlers: [bench.handler(contract, flaky)] })
    const writer = await bench.process({ publishes: [contract] })
    const names = rounds(4, 12)
    let reader = await start()
    for (let from = 0; from < names.length; from += 12) {
      const next = await start()
      await writer.publish(contract, ...names.slice(from, from + 12))
      await bench.within('close', reader.bus.close())
      reader = next
    }
    await bench.untilEffects(reader, names)
    const took = await reader.names()
    assert.equal(took.length, names.length)
    for (const key of ['a', 'b', 'c', 'd'])
      assert.deepEqual(
        took.filter((name) => keyOf(name) === key),
        series(key, 12),
      )
  }),
]
