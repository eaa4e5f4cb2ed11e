/** Laws of the bus: processes end, and what they were about is neither lost nor done twice. */
import assert from 'node:assert/strict'
import type { Store, Tx } from '@vestnik/bus'
import { BusError } from '@vestnik/bus/errors'
import { type BusLaw, everywhere, law, once, onHandlers, ordered } from './bus-law.ts'
import { coded, failing, untilAtRest } from './bus-manners.ts'
import type { Mortal } from './bus-mortal.ts'
import { rounds, series } from './messages.ts'

export const living: readonly BusLaw[] = [
  law('a close with a full window loses nothing, buries nothing and doubles nothing', everywhere, async (bench) => {
    const contract = bench.contract()
    const service = bench.invent('closing')
    const flaky = failing({ a2: 1, c1: 2 })
    const start = () => bench.process({ service, handlers: [bench.handler(contract, flaky)] })
    const writer = await bench.process({ publishes: [contract] })
    const names = rounds(10, 10)
    await writer.publish(contract, ...names)
    let reader = await start()
    for (const ended of [5, 30, 60]) {
      await bench.until(`${ended} effects`, async () => (await reader.names()).length >= ended)
      await bench.within('close', reader.bus.close(AbortSignal.timeout(2_000)))
      reader = await start()
    }
    await bench.untilEffects(reader, names)
    await untilAtRest(bench, reader)
    assert.deepEqual((await reader.names()).toSorted(), names.toSorted())
    assert.deepEqual(await reader.bus.operations.listDead(), [])
  }),

  law('a closed bus publishes no more, and close may be repeated', once, async (bench) => {
    const contract = bench.contract()
    const { bus } = await bench.process({ publishes: [contract] })
    await Promise.all([bus.close(), bus.close()])
    const late = bus.store.transaction((tx) => bus.publish(tx, contract, { name: 'a1' }))
    await assert.rejects(late, coded('BUS_CLOSED'))
    assert.equal(bus.health().ready, false)
  }),

  law('a close sends what the outbox holds', once, async (bench) => {
    const contract = bench.contract()
    const writer = await bench.process({ publishes: [contract] })
    const names = series('a', 20)
    await writer.publish(contract, ...names)
    await bench.within('close', writer.bus.close())
    assert.deepEqual(await writer.bus.operations.listOutbox(), [])
    const reader = await bench.process({ handlers: [bench.handler(contract)] })
    await bench.untilEffects(reader, names)
  }),

  law(
    'a commit that took place and was reported as unknown is neither buried nor done twice',
    onHandlers,
    async (bench) => {
      const contract = bench.contract()
      let unknown = 3
      const { does, store } = handlerCommits({
        after() {
          if (unknown-- > 0) throw new BusError('COMMIT_UNKNOWN', 'the law does not say what became of the commit')
        },
      })
      const reader = await bench.process({ handlers: [bench.handler(contract, does)], store })
      const names = ['a1', 'b1', 'a2', 'c1', 'a3']
      await reader.publish(contract, ...names)
      await bench.untilEffects(reader, names)
      await bench.within('settled', reader.bus.settled())
      assert.deepEqual((await reader.names()).toSorted(), names.toSorted())
      assert.deepEqual(await reader.bus.operations.listDead(), [])
      assert.ok(unknown < 3, 'the law was tried')
    },
  ),

  law('a commit that failed is tried again, counts as no attempt and buries nothing', onHandlers, async (bench) => {
    const contract = bench.contract({ retry: { attempts: 1 } })
    let failures = 5
    const { does, store } = handlerCommits({
      inside() {
        if (failures-- > 0) throw new BusError('COMMIT_FAILED', 'the law fails this commit')
      },
    })
    const reader = await bench.process({ handlers: [bench.handler(contract, does)], store })
    await reader.publish(contract, 'a1', 'b1', 'a2')
    await bench.untilEffects(reader, ['a1', 'b1', 'a2'])
    assert.deepEqual((await reader.names()).toSorted(), ['a1', 'a2', 'b1'])
    assert.deepEqual(await reader.bus.operations.listDead(), [])
  }),

  law(
    'what a handler published is sent, though its process dies before the broker knows',
    onHandlers,
    async (bench) => {
      const contract = bench.contract()
      const next = bench.contract()
      const service = bench.invent('middle')
      const life = bench.life()
      life.dieAt('deliver.committed')
      let publish = async (_name: string, _tx: Tx | undefined): Promise<unknown> => undefined
      const handlers = () => [bench.handler(contract, async (name, _, tx) => void (await publish(name, tx)))]
      const start = async (life?: Mortal) => {
        const middle = await bench.process({ service, handlers: handlers(), publishes: [next], ...(life && { life }) })
        publish = async (name, tx) => tx && middle.bus.publish(tx, next, { name })
        return middle
      }
      await start(life)
      const reader = await bench.process({ handlers: [bench.handler(next)] })
      const writer = await bench.process({ publishes: [contract] })
      await writer.publish(contract, 'a1', 'a2', 'b1')
      await bench.until('the death', () => life.isDead())
      const second = await start()
      await bench.untilEffects(reader, ['a1', 'a2', 'b1'])
      await bench.within('settled', second.bus.settled())
      assert.deepEqual((await reader.names()).toSorted(), ['a1', 'a2', 'b1'])
      assert.deepEqual((await second.names()).toSorted(), ['a1', 'a2', 'b1'])
      assert.deepEqual(await second.bus.operations.listDead(), [])
    },
  ),

  law('a reader that lost its place while its handler ran doubles nothing', ordered, async (bench) => {
    const contract = bench.contract()
    const service = bench.invent('losing')
    const gate = Promise.withResolvers<void>()
    let started = 0
    const slow = bench.handler(contract, async (name) => {
      started += 1
      if (name === 'a1' && started === 1 && bench.kind === 'effect') await gate.promise
    })
    const first = await bench.process({ service, handlers: [slow] })
    await first.publish(contract, 'a1', 'a2', 'b1')
    await bench.until('the first start', () => started > 0)
    const second = await bench.process({ service, handlers: [bench.handler(contract)] })
    const closing = first.bus.close(AbortSignal.abort())
    gate.resolve()
    await bench.within('close', closing)
    await bench.untilEffects(second, ['a1', 'a2', 'b1'])
    assert.deepEqual((await second.names()).toSorted(), ['a1', 'a2', 'b1'])
  }),
]

/** A store that fails the commits of handlers: at the end of the work, or when it is durable. */
function handlerCommits(faults: { readonly inside?: () => void; readonly after?: () => void }) {
  let handled = false
  const store = (own: Store): Store => ({
    ...own,
    async transaction(work) {
      let handlers = false
      const result = await own.transaction(async (tx) => {
        handled = false
        const answer = await work(tx)
        handlers = handled
        if (handlers) faults.inside?.()
        return answer
      })
      if (handlers) faults.after?.()
      return result
    },
  })
  const does = () => {
    handled = true
  }
  return { does, store }
}
