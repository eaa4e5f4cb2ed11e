/** Laws of the bus: what a person does with a dead letter happens once, under its id, and is remembered. */
import assert from 'node:assert/strict'
import { type Contract, type HeldMessage, operationsOn, permanent, systemPorts } from '@vestnik/bus'
import type { BusBench, BusProcess } from './bus-bench.ts'
import { type BusLaw, everywhere, law, once } from './bus-law.ts'
import { as, coded, dying, untilAtRest, untilDead, untilDeadLetter } from './bus-manners.ts'
import { encode, type Payload } from './bus-payload.ts'
import { series } from './messages.ts'

export const mending: readonly BusLaw[] = [
  law(
    'a replay that is asked for twice at once happens once, though the inbox knows the id',
    everywhere,
    async (bench) => {
      const { reader, letter, mend } = await oneDead(bench)
      mend()
      const replay = () => reader.bus.operations.replay(letter, as(letter))
      const asked = await Promise.allSettled([replay(), replay(), replay()])
      const refused = asked.filter((one) => one.status === 'rejected')
      assert.equal(refused.length, 2)
      for (const { reason } of refused) coded('NOT_DEAD')(reason)
      await bench.untilEffects(reader, ['a1'])
      await assert.rejects(replay(), coded('NOT_DEAD'))
      await untilAtRest(bench, reader)
      assert.deepEqual(await reader.names(), ['a1'])
    },
  ),

  law('a replay that fails again is a dead letter again, with its attempts counted anew', everywhere, async (bench) => {
    const { reader, letter } = await oneDead(bench)
    await reader.bus.operations.replay(letter, as(letter))
    await bench.until('another death', async () => {
      const [again] = await reader.bus.operations.listDead()
      return again !== undefined && again.revision > letter.revision + 1
    })
    const again = await untilDeadLetter(bench, reader)
    assert.equal(again.attempts, 1)
    assert.equal(again.id, letter.id)
  }),

  law(
    'an edit takes effect in place, under the same id, and what comes again of the old has none',
    everywhere,
    async (bench) => {
      const { reader, letter, mend, contract } = await oneDead(bench)
      mend()
      const { body, headers } = await reader.bus.operations.show(letter)
      await reader.bus.operations.edit(letter, encode({ name: 'a7' }), as(letter))
      await bench.untilEffects(reader, ['a7'])
      const peer = await bench.transport()
      await peer.publish([{ id: letter.id, topic: contract.topic, key: 'a', headers, body }])
      await reader.publish(contract, 'a8')
      await bench.untilEffects(reader, ['a8'])
      const took = (await reader.effects()).filter(({ name }) => name !== 'a8')
      assert.deepEqual(
        took.map(({ name, id }) => [name, id]),
        [['a7', letter.id]],
      )
    },
  ),

  law('what is not dead any more cannot be replayed, edited or dropped', everywhere, async (bench) => {
    const { reader, letter, mend } = await oneDead(bench)
    const { operations } = reader.bus
    const stale = { ...as(letter), revision: letter.revision - 1 }
    await assert.rejects(operations.replay(letter, stale), coded('NOT_DEAD'))
    mend()
    await operations.replay(letter, as(letter))
    await bench.untilEffects(reader, ['a1'])
    await assert.rejects(operations.edit(letter, encode({ name: 'a9' }), as(letter)), coded('NOT_DEAD'))
    await assert.rejects(operations.drop(letter, as(letter)), coded('NOT_DEAD'))
    await assert.rejects(operations.replay({ ...letter, id: 'nobody' }, as(letter)), coded('NOT_FOUND'))
    assert.deepEqual(await reader.names(), ['a1'])
  }),

  law('a dropped message is remembered: when it comes again it has no effect', everywhere, async (bench) => {
    const { reader, letter, mend, contract } = await oneDead(bench)
    const { body, headers } = await reader.bus.operations.show(letter)
    mend()
    await reader.bus.operations.drop(letter, as(letter))
    const peer = await bench.transport()
    await peer.publish([{ id: letter.id, topic: contract.topic, key: 'a', headers, body }])
    await reader.publish(contract, 'a2')
    await bench.untilEffects(reader, ['a2'])
    await untilAtRest(bench, reader)
    assert.deepEqual(await reader.names(), ['a2'])
    assert.deepEqual(await reader.bus.operations.listDead(), [])
  }),

  law(
    'an edit that is no JSON is refused; one that does not fit the schema is a dead letter again',
    everywhere,
    async (bench) => {
      const { reader, letter } = await oneDead(bench)
      const { operations } = reader.bus
      const broken = new TextEncoder().encode('{"name"')
      await assert.rejects(operations.edit(letter, broken, as(letter)), coded('INVALID_EDIT'))
      await operations.edit(letter, encode({ nome: 'a1' }), as(letter))
      await bench.until('the reason', async () => (await operations.listDead())[0]?.reason === 'wrong schema')
      const again = await untilDeadLetter(bench, reader)
      assert.deepEqual(again.body, encode({ nome: 'a1' }))
      assert.equal(again.edited, 1)
    },
  ),

  law(
    'what has expired is replayed only by force, and a replay of all skips and counts it',
    everywhere,
    async (bench) => {
      const contract = bench.contract()
      const { does, mend } = dying('a1', 'b1')
      const { bus, ...rest } = await bench.process({ handlers: [bench.handler(contract, does)] })
      const reader = { bus, ...rest }
      const expires = systemPorts.now() - 1
      await reader.publish(contract, 'a1', 'b1')
      await bus.store.transaction((tx) => bus.publish(tx, contract, { name: 'c1' }, { expires }))
      const letters = await untilDead(bench, reader, 3)
      const expired = letters.find(({ reason }) => reason === 'expired')
      assert.ok(expired)
      mend()
      await assert.rejects(bus.operations.replay(expired, as(expired)), coded('NEEDS_FORCE'))
      const result = await bus.operations.replayAll({ who: 'a person', topic: contract.topic })
      assert.deepEqual(result, { replayed: 2, skipped: 1 })
      await bench.untilEffects(reader, ['a1', 'b1'])
      await bus.operations.replay(expired, as(expired, true))
      await bench.untilEffects(reader, ['c1'])
      assert.deepEqual((await reader.names()).toSorted(), ['a1', 'b1', 'c1'])
    },
  ),

  law('another process with the database may mend, and the running service acts on it', everywhere, async (bench) => {
    const { reader, letter, mend } = await oneDead(bench)
    const other = await bench.process({ service: reader.service })
    mend()
    const operations = operationsOn(other.store, systemPorts.now)
    await operations.replay(letter, as(letter))
    await bench.untilEffects(reader, ['a1'])
  }),

  law('who did what and when is kept', once, async (bench) => {
    const contract = bench.contract()
    const reader = await bench.process({
      handlers: [
        bench.handler(contract, () => {
          throw permanent('never')
        }),
      ],
    })
    await reader.publish(contract, ...series('a', 3))
    const { operations } = reader.bus
    const [first, second, third] = (await untilDead(bench, reader, 3)) as [HeldMessage, HeldMessage, HeldMessage]
    const before = systemPorts.now()
    await operations.drop(first, { who: 'Anna', revision: first.revision })
    await operations.edit(second, encode({ name: 'a9' }), { who: 'Boris', revision: second.revision })
    await operations.replay(third, { who: 'Vera', revision: third.revision })
    const history = await operations.history()
    assert.deepEqual(
      history.map(({ who, what }) => [who, what]),
      [
        ['Vera', 'replay'],
        ['Boris', 'edit'],
        ['Anna', 'drop'],
      ],
    )
    assert.ok(history.every(({ at, on }) => at >= before && on.includes(contract.topic)))
  }),
]

interface OneDead {
  readonly contract: Contract<Payload>
  readonly reader: BusProcess
  readonly letter: HeldMessage
  readonly mend: () => void
}

/** A process with the dead letter a1, whose handler can be mended. */
async function oneDead(bench: BusBench): Promise<OneDead> {
  const contract = bench.contract()
  const { does, mend } = dying('a1')
  const reader = await bench.process({ handlers: [bench.handler(contract, does)] })
  await reader.publish(contract, 'a1')
  const [letter] = await untilDead(bench, reader, 1)
  assert.ok(letter)
  return { contract, reader, letter, mend }
}
