/** Laws of the bus: what is committed takes effect exactly once, what is not committed never. */
import assert from 'node:assert/strict'
import { type BusLaw, everywhere, law, once, onHandlers } from './bus-law.ts'
import { dying, failing, untilDead } from './bus-manners.ts'
import { encode } from './bus-payload.ts'
import { rounds } from './messages.ts'

export const exactlyOnce: readonly BusLaw[] = [
  law('a committed message takes effect exactly once in every group of its contract', everywhere, async (bench) => {
    const contract = bench.contract({ groups: ['first', 'second', 'third'] })
    const handler = (group: string) => bench.handler(contract, undefined, { group })
    const one = await bench.process({ handlers: [handler('first'), handler('second')] })
    const other = await bench.process({ handlers: [handler('third')] })
    const writer = await bench.process({ publishes: [contract] })
    const names = rounds(5, 8)
    await writer.publish(contract, ...names)
    for (const [process, group] of [
      [one, 'first'],
      [one, 'second'],
      [other, 'third'],
    ] as const) {
      await bench.untilEffects(process, names, group)
      assert.deepEqual((await process.names(group)).toSorted(), names.toSorted())
    }
  }),

  law('a consumer that is started after the publisher misses nothing', everywhere, async (bench) => {
    const contract = bench.contract()
    const writer = await bench.process({ publishes: [contract] })
    await writer.publish(contract, 'a1', 'a2', 'b1')
    await bench.within('settled', writer.bus.settled())
    const reader = await bench.process({ handlers: [bench.handler(contract)] })
    await bench.untilEffects(reader, ['a1', 'a2', 'b1'])
  }),

  law('a publisher that is started after the consumer reaches it', once, async (bench) => {
    const contract = bench.contract()
    const reader = await bench.process({ handlers: [bench.handler(contract)] })
    const writer = await bench.process({ publishes: [contract] })
    await writer.publish(contract, 'a1')
    await bench.untilEffects(reader, ['a1'])
  }),

  law('an id that is published twice has one effect', everywhere, async (bench) => {
    const contract = bench.contract()
    const reader = await bench.process({ handlers: [bench.handler(contract)] })
    const peer = await bench.transport()
    const message = (id: string) => ({
      id,
      topic: contract.topic,
      key: 'a',
      headers: { 'ce-specversion': '1.0', 'ce-source': 'a-peer', 'ce-type': contract.topic },
      body: encode({ name: id }),
    })
    for (const id of ['a1', 'a1', 'a2', 'a1', 'a2', 'a3']) await peer.publish([message(id)])
    await bench.untilEffects(reader, ['a3'])
    await bench.untilEffects(reader, ['a1', 'a2', 'a3'])
    assert.deepEqual((await reader.names()).toSorted(), ['a1', 'a2', 'a3'])
  }),

  law('two processes of one service share its messages, and neither doubles one', everywhere, async (bench) => {
    const contract = bench.contract()
    const service = bench.invent('shared')
    const did = { one: 0, other: 0 }
    const counting = (who: keyof typeof did) =>
      bench.handler(contract, () => {
        did[who] += 1
      })
    const one = await bench.process({ service, handlers: [counting('one')] })
    await bench.process({ service, handlers: [counting('other')] })
    const writer = await bench.process({ publishes: [contract] })
    let published: string[] = []
    // Shares move to a member that joins when they can: it is published until both have had some.
    await bench.until('effects in both processes', async () => {
      const next = rounds(20, 2, published.length / 20 + 1)
      published = [...published, ...next]
      await writer.publish(contract, ...next)
      await bench.untilEffects(one, next)
      return did.one > 0 && did.other > 0
    })
    assert.deepEqual((await one.names()).toSorted(), published.toSorted())
  }),

  law('a handler that throws after it wrote leaves nothing of what it wrote', onHandlers, async (bench) => {
    const contract = bench.contract()
    const reader = await bench.process({
      handlers: [
        bench.handler(contract, async (name, _, tx) => {
          await tx?.query(`INSERT INTO law_effects (grp, name, id) VALUES ('leaked', '${name}', '')`, [])
          if (name === 'a1') throw new Error('after the write')
        }),
      ],
    })
    await reader.publish(contract, 'a1', 'b1')
    await bench.untilEffects(reader, ['b1'])
    await untilDead(bench, reader, 1)
    assert.deepEqual(await reader.names('leaked'), ['b1'])
  }),

  law(
    'a handler publishes in the transaction of its effect: both are there, once, or neither is',
    onHandlers,
    async (bench) => {
      const contract = bench.contract()
      const next = bench.contract()
      const flaky = failing({ a1: 2 })
      const dead = dying('b1')
      let publish = async (_name: string, _tx: unknown): Promise<unknown> => undefined
      const handler = bench.handler(contract, async (name, facts, tx) => {
        await publish(name, tx)
        await flaky(name, facts, tx)
        await dead.does(name, facts, tx)
      })
      const { bus, ...middle } = await bench.process({ handlers: [handler], publishes: [next] })
      publish = async (name, tx) => bus.publish(tx as never, next, { name })
      const reader = await bench.process({ handlers: [bench.handler(next)] })
      const writer = await bench.process({ publishes: [contract] })
      await writer.publish(contract, 'a1', 'b1', 'c1')
      await bench.untilEffects(reader, ['a1', 'c1'])
      await untilDead(bench, { bus, ...middle }, 1)
      await bench.within('settled', bus.settled())
      // Sent last, of the same key: had b1 been sent, it would have come before.
      await bus.store.transaction((tx) => bus.publish(tx, next, { name: 'b2' }))
      await bench.untilEffects(reader, ['b2'])
      assert.deepEqual((await reader.names()).toSorted(), ['a1', 'b2', 'c1'])
      assert.deepEqual((await middle.names()).toSorted(), ['a1', 'c1'])
    },
  ),
]
