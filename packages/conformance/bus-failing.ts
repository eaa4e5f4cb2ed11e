/** Laws of the bus: what fails is tried again later, or becomes a dead letter that says all that a person needs. */
import assert from 'node:assert/strict'
import { systemPorts } from '@vestnik/bus'
import { type BusLaw, everywhere, law, onHandlers, ordered } from './bus-law.ts'
import { as, dying, failing, untilAtRest, untilDead, untilDeadLetter } from './bus-manners.ts'
import { encode } from './bus-payload.ts'

/** No jitter: delays are as long as the policy says. */
const withoutChance = { random: () => 0 }

export const failingMessages: readonly BusLaw[] = [
  law(
    'a handler that failed is tried again later, each time after a longer delay, until it succeeds',
    ordered,
    async (bench) => {
      const firstDelayMs = 400
      const contract = bench.contract({ retry: { firstDelayMs, maxDelayMs: 60_000 } })
      const starts: number[] = []
      const flaky = failing({ a1: 2 })
      const handler = bench.handler(contract, async (...values) => {
        starts.push(performance.now())
        await flaky(...values)
      })
      const reader = await bench.process({ handlers: [handler], ports: withoutChance })
      await reader.publish(contract, 'a1')
      await bench.untilEffects(reader, ['a1'])
      await untilAtRest(bench, reader)
      assert.deepEqual(await reader.names(), ['a1'])
      assert.deepEqual(await reader.bus.operations.listDead(), [])
      const delays = starts.slice(1).map((start, i) => start - (starts[i] ?? 0))
      assert.equal(delays.length, 2)
      // The clocks of timers and of the machine may differ by a few milliseconds.
      for (const [i, delay] of delays.entries())
        assert.ok(delay > firstDelayMs * 2 ** i - 10, `delays: ${delays.map(Math.round)}`)
    },
  ),

  law('a permanent error makes a dead letter at once', everywhere, async (bench) => {
    const contract = bench.contract()
    let starts = 0
    const { does } = dying('a1')
    const handler = bench.handler(contract, (...values) => {
      starts += 1
      return does(...values)
    })
    const reader = await bench.process({ handlers: [handler] })
    await reader.publish(contract, 'a1')
    const letter = await untilDeadLetter(bench, reader)
    assert.equal(letter.reason, 'permanent error')
    assert.equal(letter.attempts, 1)
    assert.equal(starts, 1)
  }),

  law(
    'when its attempts are used up a message is a dead letter, with all that a person needs to know',
    everywhere,
    async (bench) => {
      const contract = bench.contract({ retry: { attempts: 3, firstDelayMs: 10 } })
      const before = Date.now()
      let starts = 0
      const handler = bench.handler(contract, function findsNothing(name) {
        starts += 1
        throw new RangeError(`there is no ${name}`)
      })
      const reader = await bench.process({ handlers: [handler] })
      const [id] = await reader.publish(contract, 'a1')
      const letter = await untilDeadLetter(bench, reader)
      const { topic, group, source, key, reason, errorClass, errorMessage, attempts } = letter
      assert.deepEqual(
        { topic, group, source, id: letter.id, key, reason, errorClass, errorMessage, attempts },
        {
          topic: contract.topic,
          group: 'readers',
          source: reader.service,
          id,
          key: 'a',
          reason: '3 attempts failed',
          errorClass: 'RangeError',
          errorMessage: 'there is no a1',
          attempts: 3,
        },
      )
      assert.equal(starts, 3)
      assert.match(letter.errorFrame ?? '', /findsNothing/)
      assert.match(letter.origin, new RegExp(contract.topic.replaceAll('.', '\\.')))
      assert.deepEqual(letter.body, encode({ name: 'a1' }))
      const times = [before, letter.publishedAt, letter.arrivedAt, letter.changedAt, Date.now()]
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      )
    },
  ),

  law('whatever way a handler fails, its message is not lost', everywhere, async (bench) => {
    const contract = bench.contract({ retry: { attempts: 2, firstDelayMs: 10 } })
    const handler = bench.handler(contract, (name) => {
      if (name === 'a1') throw 'a text'
      if (name === 'b1') return Promise.reject(new Error('later'))
      if (name === 'c1') return Promise.reject(undefined)
      if (name === 'd1') throw Object.assign(new Error('frozen'), { stack: undefined })
    })
    const reader = await bench.process({ handlers: [handler] })
    await reader.publish(contract, 'a1', 'b1', 'c1', 'd1', 'e1')
    const letters = await untilDead(bench, reader, 4)
    assert.deepEqual(letters.map(({ key }) => key).toSorted(), ['a', 'b', 'c', 'd'])
    assert.deepEqual(await reader.names(), ['e1'])
  }),

  ...(
    [
      ['that is not JSON', 'not JSON', {}, new TextEncoder().encode('{"name": "a1"')],
      ['in bytes that are no text', 'not JSON', {}, Uint8Array.of(0xff, 0xfe, 0x00, 0x22)],
      ['that does not fit the schema', 'wrong schema', {}, encode({ nome: 'a1' })],
      ['of an unknown type', 'unknown type', { 'ce-type': 'something.else' }, encode({ name: 'a1' })],
      ['of a newer version', 'newer version', { 'ce-dataversion': '7' }, encode({ name: 'a1' })],
      ['with malformed headers', 'malformed headers', { 'ce-source': `a${'\u0007'}b` }, encode({ name: 'a1' })],
      [
        'with a source as long as a book',
        'malformed headers',
        { 'ce-source': 'x'.repeat(5_000) },
        encode({ name: 'a1' }),
      ],
    ] as const
  ).map(([what, reason, headers, body]) =>
    law(`a message ${what} is a dead letter with its bytes kept, and holds up nothing`, everywhere, async (bench) => {
      const contract = bench.contract()
      const started: string[] = []
      const reader = await bench.process({ handlers: [bench.handler(contract, (name) => void started.push(name))] })
      const peer = await bench.transport()
      const ours = { 'ce-specversion': '1.0', 'ce-source': 'a-peer', 'ce-type': contract.topic }
      const { topic } = contract
      await peer.publish([
        { id: 'bad', topic, key: 'a', headers: { ...ours, ...headers }, body },
        { id: 'good', topic, key: 'a', headers: ours, body: encode({ name: 'a2' }) },
      ])
      const letter = await untilDeadLetter(bench, reader)
      await bench.untilEffects(reader, ['a2'])
      assert.equal(letter.reason, reason)
      assert.deepEqual(letter.body, Uint8Array.from(body))
      assert.ok(letter.errorMessage)
      assert.deepEqual(started, ['a2'])
    }),
  ),

  law('an expired message is a dead letter that never ran and parks no key', ordered, async (bench) => {
    const contract = bench.contract({ afterDead: 'park' })
    const started: string[] = []
    const { bus, ...reader } = await bench.process({
      handlers: [bench.handler(contract, (name) => void started.push(name))],
    })
    const expires = systemPorts.now() - 1
    await bus.store.transaction((tx) => bus.publish(tx, contract, { name: 'a1' }, { expires }))
    await reader.publish(contract, 'a2')
    const letter = await untilDeadLetter(bench, { bus, ...reader })
    await bench.untilEffects({ bus, ...reader }, ['a2'])
    assert.equal(letter.reason, 'expired')
    assert.equal(letter.parks, false)
    assert.deepEqual(started, ['a2'])
  }),

  law('a message is not tried again past its life', everywhere, async (bench) => {
    const hourMs = 3_600_000
    const contract = bench.contract({ lifeMs: 60_000, retry: { firstDelayMs: hourMs, maxDelayMs: hourMs } })
    let starts = 0
    const handler = bench.handler(contract, () => {
      starts += 1
      throw new Error('always')
    })
    const reader = await bench.process({ handlers: [handler] })
    await reader.publish(contract, 'a1')
    const letter = await untilDeadLetter(bench, reader)
    assert.equal(letter.reason, 'expired')
    assert.equal(starts, 1)
  }),

  law('a delayed message has no effect before its time, and holds back no other', everywhere, async (bench) => {
    const contract = bench.contract()
    const startedAt = new Map<string, number>()
    const handler = bench.handler(contract, (name) => void startedAt.set(name, systemPorts.now()))
    const reader = await bench.process({ handlers: [handler] })
    const publishLater = (name: string, notBefore: number) =>
      reader.bus.store.transaction((tx) => reader.bus.publish(tx, contract, { name }, { notBefore }))
    await publishLater('a1', systemPorts.now() + 3_600_000)
    const soon = systemPorts.now() + 500
    await publishLater('a2', soon)
    await reader.publish(contract, 'a3')
    await bench.untilEffects(reader, ['a2', 'a3'])
    assert.ok(Number(startedAt.get('a2')) >= soon)
    assert.equal(startedAt.has('a1'), false)
  }),

  law('a poisonous message costs no more starts than its attempts', everywhere, async (bench) => {
    const contract = bench.contract({ retry: { attempts: 4, firstDelayMs: 1, maxDelayMs: 1 } })
    let starts = 0
    const handler = bench.handler(contract, (name) => {
      if (name !== 'a1') return
      starts += 1
      throw new Error('poison')
    })
    const reader = await bench.process({ handlers: [handler] })
    await reader.publish(contract, 'a1', 'b1')
    await untilDead(bench, reader, 1)
    await bench.untilEffects(reader, ['b1'])
    await bench.within('settled', reader.bus.settled())
    assert.equal(starts, 4)
  }),

  law(
    'a message of the past that may have been handed out before is too old to deduplicate',
    onHandlers,
    async (bench) => {
      const contract = bench.contract()
      const life = bench.life()
      const service = bench.invent('late')
      const dayMs = 24 * 3_600_000
      // The first process dies when its effect is committed, before the broker knows; the second comes a month later.
      life.dieAt('deliver.committed')
      const first = await bench.process({ service, handlers: [bench.handler(contract)], life })
      const writer = await bench.process({ publishes: [contract] })
      await writer.publish(contract, 'a1')
      await bench.until('the death', () => life.isDead())
      assert.deepEqual(await first.names(), ['a1'])
      await first.store.transaction((tx) => tx.query('DELETE FROM vestnik_inbox', []))
      const ports = { now: () => systemPorts.now() + 30 * dayMs }
      const second = await bench.process({ service, handlers: [bench.handler(contract)], ports })
      const letter = await untilDeadLetter(bench, second)
      assert.equal(letter.reason, 'too old to deduplicate')
      assert.deepEqual(await second.names(), ['a1'])
      await assert.rejects(second.bus.operations.replay(letter, as(letter)))
    },
  ),
]
