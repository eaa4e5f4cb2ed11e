/** Laws of the bus: what is sent, and what is not, follows from the transaction that published it. */
import assert from 'node:assert/strict'
import { publishWithoutOutbox } from '@vestnik/bus'
import { type BusLaw, everywhere, law, once } from './bus-law.ts'
import { coded, dying, failing } from './bus-manners.ts'
import { laterSchema } from './bus-payload.ts'
import { series } from './messages.ts'

export const sending: readonly BusLaw[] = [
  law('a message of a rolled back transaction is never sent', once, async (bench) => {
    const contract = bench.contract()
    const { bus } = await bench.process({ publishes: [contract] })
    const reader = await bench.process({ handlers: [bench.handler(contract)] })
    const rolledBack = bus.store.transaction(async (tx) => {
      await bus.publish(tx, contract, { name: 'a1' })
      throw new Error('the law rolls back')
    })
    await assert.rejects(rolledBack, /the law rolls back/)
    await bus.store.transaction((tx) => bus.publish(tx, contract, { name: 'a2' }))
    await bench.untilEffects(reader, ['a2'])
    assert.deepEqual(await reader.names(), ['a2'])
    assert.deepEqual(await bus.operations.listOutbox(), [])
  }),

  law('a publish that nobody awaits is kept, or throws by name', once, async (bench) => {
    const contract = bench.contract()
    const late = bench.contract({ schema: laterSchema })
    const reader = await bench.process({ handlers: [bench.handler(contract), bench.handler(late)] })
    const { bus } = await bench.process({ publishes: [contract, late] })
    for (const [each, name] of [
      [contract, 'a1'],
      [late, 'b1'],
    ] as const) {
      let floating: Promise<string> | undefined
      await bus.store.transaction(async (tx) => {
        floating = bus.publish(tx, each, { name })
        floating.catch(() => {})
      })
      const kept = await bench.within('the floating publish', Promise.allSettled([floating]))
      const [outcome] = kept
      if (outcome?.status === 'rejected') coded('TX_ENDED')(outcome.reason)
      else await bench.untilEffects(reader, [name])
      await bus.store.transaction((tx) => bus.publish(tx, each, { name: `${name}1` }))
      await bench.untilEffects(reader, [`${name}1`])
      assert.equal((await reader.names()).includes(name), outcome?.status === 'fulfilled', 'kept, or told')
    }
  }),

  law('publishing without an outbox resolves when the broker holds the message', once, async (bench) => {
    const contract = bench.contract()
    const transport = await bench.transport()
    const id = await publishWithoutOutbox({ service: 'a-script', transport }, contract, { name: 'a1' })
    const refused = publishWithoutOutbox({ service: 'a-script', transport }, contract, { nome: 'a2' } as never)
    await assert.rejects(refused, coded('INVALID_PAYLOAD'))
    // Gone before anybody reads.
    await transport.close()
    const reader = await bench.process({ handlers: [bench.handler(contract)] })
    await bench.untilEffects(reader, ['a1'])
    assert.deepEqual(
      (await reader.effects()).map((effect) => effect.id),
      [id],
    )
  }),

  law('a payload that does not fit its schema is not published, and its transaction may go on', once, async (bench) => {
    const contract = bench.contract()
    const { bus, ...both } = await bench.process({ handlers: [bench.handler(contract)] })
    await bus.store.transaction(async (tx) => {
      await assert.rejects(bus.publish(tx, contract, { nome: 'a1' } as never), coded('INVALID_PAYLOAD'))
      await bus.publish(tx, contract, { name: 'a2' })
    })
    await bench.untilEffects({ bus, ...both }, ['a2'])
    assert.deepEqual(await both.names(), ['a2'])
  }),

  law(
    'settled resolves when all that was published here is handled or dead, and not before',
    everywhere,
    async (bench) => {
      const contract = bench.contract({ retry: { firstDelayMs: 300, maxDelayMs: 300 } })
      const dead = dying('c1')
      const flaky = failing({ a1: 1 })
      const handler = bench.handler(contract, async (name, ...rest) => {
        await flaky(name, ...rest)
        await dead.does(name, ...rest)
      })
      const both = await bench.process({ handlers: [handler] })
      await both.publish(contract, 'a1', 'b1', 'c1', ...series('d', 20))
      await bench.within('settled', both.bus.settled())
      assert.deepEqual((await both.names()).toSorted(), ['a1', 'b1', ...series('d', 20)].toSorted())
      assert.equal((await both.bus.operations.listDead()).length, 1)
    },
  ),
]
