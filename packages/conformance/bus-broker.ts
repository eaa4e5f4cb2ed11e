/** Laws of the bus: a broker that is away, refuses or doubts, peers that send no headers, limits. */
import assert from 'node:assert/strict'
import type { Contract, Transport } from '@vestnik/bus'
import { PublishError } from '@vestnik/bus/errors'
import type { BusBench } from './bus-bench.ts'
import { type BusLaw, everywhere, law, once, ordered } from './bus-law.ts'
import { coded, failing, untilAtRest, untilDead, untilDeadLetter } from './bus-manners.ts'
import { encode, type Payload } from './bus-payload.ts'
import { rounds, series } from './messages.ts'

export const brokers: readonly BusLaw[] = [
  law('a message leaves the outbox only when the broker has confirmed it', ordered, async (bench) => {
    const contract = bench.contract()
    let away = true
    const unconfirmed = (own: Transport): Transport => ({
      ...own,
      async publish(messages) {
        if (!away) return own.publish(messages)
        throw new PublishError('the law lets nothing through', { doubtful: messages.map(({ id }) => id), refused: [] })
      },
    })
    const writer = await bench.process({ publishes: [contract], transport: unconfirmed })
    const reader = await bench.process({ handlers: [bench.handler(contract)] })
    await writer.publish(contract, 'a1', 'a2')
    await bench.until('trouble', () => writer.bus.health().ready === false)
    assert.equal((await writer.bus.operations.listOutbox({ state: 'new' })).length, 2)
    assert.deepEqual(await reader.names(), [])
    away = false
    await bench.untilEffects(reader, ['a1', 'a2'])
    assert.deepEqual(await reader.names(), ['a1', 'a2'])
    await bench.until('ready', () => writer.bus.health().ready)
  }),

  law('what the broker stored though it did not say so has one effect', ordered, async (bench) => {
    const contract = bench.contract()
    let doubts = 3
    const doubting = (own: Transport): Transport => ({
      ...own,
      async publish(messages) {
        await own.publish(messages)
        if (doubts-- > 0) {
          throw new PublishError('the answer is lost', { doubtful: messages.map(({ id }) => id), refused: [] })
        }
      },
    })
    const writer = await bench.process({ publishes: [contract], transport: doubting })
    const reader = await bench.process({ handlers: [bench.handler(contract)] })
    await writer.publish(contract, 'a1', 'a2', 'a3')
    await bench.until('nothing in the outbox', async () => (await writer.bus.operations.listOutbox()).length === 0)
    await writer.publish(contract, 'a4')
    await bench.untilEffects(reader, ['a4'])
    assert.deepEqual(await reader.names(), series('a', 4))
  }),

  law('a bus opens while its broker is away, and goes on when it is there', once, async (bench) => {
    const contract = bench.contract()
    let away = true
    const absent = (own: Transport): Transport => ({
      ...own,
      ensure: (topology) => (away ? Promise.reject(new Error('nobody answers')) : own.ensure(topology)),
      publish: (messages) => (away ? Promise.reject(new Error('nobody answers')) : own.publish(messages)),
    })
    const both = await bench.process({ handlers: [bench.handler(contract)], transport: absent })
    await both.publish(contract, 'a1')
    assert.equal(both.bus.health().ready, false)
    assert.ok(both.bus.health().reason)
    away = false
    await bench.untilEffects(both, ['a1'])
    await bench.until('ready', () => both.bus.health().ready)
  }),

  law(
    'a message that the broker refuses is set aside, holds up nothing, and is sent again under its id',
    once,
    async (bench) => {
      const contract = bench.contract()
      const { refusing, accept } = refusal('a1')
      const writer = await bench.process({ publishes: [contract], transport: refusing })
      const reader = await bench.process({ handlers: [bench.handler(contract)] })
      const [id] = await writer.publish(contract, 'a1', 'a2', 'b1')
      await bench.untilEffects(reader, ['a2', 'b1'])
      const { operations } = writer.bus
      const [aside] = await operations.listOutbox({ state: 'aside' })
      assert.deepEqual([aside?.id, aside?.reason], [id, 'BODY_TOO_LARGE'])
      assert.ok(
        writer.logs.some((entry) => entry.level === 'error' && entry.id === id),
        'an operator is told',
      )
      accept()
      await operations.sendAside(aside?.pos ?? 0, 'a person')
      await bench.untilEffects(reader, ['a1'])
      assert.deepEqual((await reader.effects()).find(({ name }) => name === 'a1')?.id, id)
      await assert.rejects(operations.sendAside(aside?.pos ?? 0, 'a person'), coded('NOT_FOUND', 'NOT_DEAD'))
    },
  ),

  law(
    "with afterDead 'park' what is set aside keeps its key in the outbox until it is sent or dropped",
    once,
    async (bench) => {
      const contract = bench.contract({ afterDead: 'park' })
      const { refusing } = refusal('a1', 'b1')
      const writer = await bench.process({ publishes: [contract], transport: refusing })
      const reader = await bench.process({ handlers: [bench.handler(contract)] })
      await writer.publish(contract, 'a1', 'b1', 'c1', 'a2', 'b2')
      await bench.untilEffects(reader, ['c1'])
      const { operations } = writer.bus
      await bench.until('two aside', async () => (await operations.listOutbox({ state: 'aside' })).length === 2)
      const aside = await operations.listOutbox({ state: 'aside' })
      const a1 = aside.find(({ key }) => key === 'a')
      await operations.dropAside(a1?.pos ?? 0, 'a person')
      await bench.untilEffects(reader, ['a2'])
      assert.deepEqual(await reader.names(), ['c1', 'a2'])
      // What took effect leaves the outbox a moment later.
      await bench.until('only b2 in the outbox', async () => {
        const keys = (await operations.listOutbox({ state: 'new' })).map(({ key }) => key)
        assert.ok(keys.includes('b'))
        return keys.length === 1
      })
    },
  ),

  law('a message larger than the broker carries is set aside, and what is behind it arrives', once, async (bench) => {
    const contract = bench.contract()
    const { bus, transport } = await openWriter(bench, contract)
    const reader = await bench.process({ handlers: [bench.handler(contract)] })
    const filling = 'x'.repeat(transport.traits.maxBodyBytes)
    await bus.store.transaction((tx) => bus.publish(tx, contract, { name: 'a1', filling }))
    await bus.store.transaction((tx) => bus.publish(tx, contract, { name: 'a2' }))
    await bench.untilEffects(reader, ['a2'])
    const [aside] = await bus.operations.listOutbox({ state: 'aside' })
    assert.equal(aside?.reason, 'BODY_TOO_LARGE')
    assert.deepEqual(await reader.names(), ['a2'])
  }),

  law("a peer's message without headers is validated, and its id is what idOf says", everywhere, async (bench) => {
    const contract = bench.contract({ idOf: ({ name }) => `peer-${name}` })
    const reader = await bench.process({ handlers: [bench.handler(contract)] })
    const peer = await bench.transport()
    const send = (payload: unknown) =>
      peer.publish([{ id: '', topic: contract.topic, headers: {}, body: encode(payload) }])
    for (const name of ['a1', 'a1', 'a2', 'a1']) await send({ name })
    await send({ nome: 'a3' })
    await bench.untilEffects(reader, ['a1', 'a2'])
    const letter = await untilDeadLetter(bench, reader)
    assert.equal(letter.reason, 'wrong schema')
    await send({ name: 'a4' })
    await bench.untilEffects(reader, ['a4'])
    const took = await reader.effects()
    assert.deepEqual(took.map(({ name, id }) => [name, id]).toSorted(), [
      ['a1', 'peer-a1'],
      ['a2', 'peer-a2'],
      ['a4', 'peer-a4'],
    ])
  }),

  law('keys, ids and errors of any length and characters are held, and take effect', everywhere, async (bench) => {
    const idOf = ({ name }: Payload) => `${name} \0 ${'x'.repeat(5_000)}`
    const contract = bench.contract({ idOf })
    const failed = new Set<string>()
    const handler = bench.handler(contract, (name) => {
      if (failed.has(name)) return
      failed.add(name)
      // Cut to any length, one of the two has half of a pair at its end.
      throw new Error(`\0${name}${'😀'.repeat(2_000)}`)
    })
    const reader = await bench.process({ handlers: [handler] })
    const peer = await bench.transport()
    const names = ['a1', 'aa1', 'b1', 'bb1']
    const keys = ['k'.repeat(5_000), 'k'.repeat(5_000), 'nul \0', 'nul \0']
    for (const [i, name] of names.entries()) {
      await peer.publish([{ id: '', topic: contract.topic, key: keys[i] ?? '', headers: {}, body: encode({ name }) }])
    }
    await bench.untilEffects(reader, names)
    await untilAtRest(bench, reader)
    assert.deepEqual((await reader.names()).toSorted(), names.toSorted())
  }),

  law('a key that no database can index is not published, and nothing is written', once, async (bench) => {
    const contract = bench.contract()
    const writer = await bench.process({ publishes: [contract] })
    const { bus } = writer
    for (const key of ['k'.repeat(1_025), 'é'.repeat(513), '\0', '\ud800']) {
      const work = bus.store.transaction((tx) => bus.publish(tx, contract, { name: 'a1' }, { key }))
      await assert.rejects(work, { code: 'INVALID_PAYLOAD', message: /key/ })
    }
    assert.deepEqual(await bus.operations.listOutbox({ state: 'new' }), [])
  }),

  law(
    'at its limit of held messages a group stops taking, and goes on when there is room',
    everywhere,
    async (bench) => {
      const heldLimit = 6
      const concurrency = 4
      const contract = bench.contract({ concurrency, retry: { attempts: 1_000, firstDelayMs: 50, maxDelayMs: 50 } })
      let broken = true
      let most = 0
      const handler = bench.handler(contract, () => {
        if (broken) throw new Error('until it is mended')
      })
      const reader = await bench.process({ handlers: [handler], heldLimit })
      const writer = await bench.process({ publishes: [contract] })
      const names = rounds(40, 1)
      await writer.publish(contract, ...names)
      await bench.until('the limit', async () => (await heldNow()) >= heldLimit)
      await bench.until('a warning', () => reader.logs.some(({ level }) => level === 'warn'))
      for (let look = 0; look < 10; look += 1) {
        await bench.until('a look', async () => (await heldNow()) > 0)
      }
      assert.ok(most <= heldLimit + concurrency, `${most} were held`)
      broken = false
      await bench.untilEffects(reader, names)
      await untilAtRest(bench, reader)
      assert.deepEqual((await reader.names()).toSorted(), names.toSorted())

      async function heldNow(): Promise<number> {
        const { length } = await reader.bus.operations.listHeld()
        most = Math.max(most, length)
        return length
      }
    },
  ),

  law('dead letters and what is parked behind them are not counted against the limit', ordered, async (bench) => {
    const contract = bench.contract({ afterDead: 'park', retry: { attempts: 1 } })
    const reader = await bench.process({ handlers: [bench.handler(contract, failing({ a1: 1, b1: 1 }))], heldLimit: 3 })
    await reader.publish(contract, 'a1', 'b1', ...series('a', 6, 2), ...series('b', 6, 2), 'c1')
    await bench.untilEffects(reader, ['c1'])
    await untilDead(bench, reader, 2)
  }),
]

async function openWriter(bench: BusBench, contract: Contract<Payload>) {
  let transport: Transport | undefined
  const writer = await bench.process({
    publishes: [contract],
    transport: (own) => {
      transport = own
      return own
    },
  })
  if (!transport) throw new Error('the bus was not given a transport')
  return { ...writer, transport }
}

/** A broker that refuses some messages, by name, until it is told to accept all. */
function refusal(...names: readonly string[]) {
  let accepts = false
  const isRefused = (body: Uint8Array) =>
    !accepts && names.includes((JSON.parse(new TextDecoder().decode(body)) as Payload).name)
  const refusing = (own: Transport): Transport => ({
    ...own,
    async publish(messages) {
      const refused = messages.filter(({ body }) => isRefused(body))
      const blocked = new Set(refused.map(({ key }) => key))
      const first = new Map(refused.map((one) => [one.key, messages.indexOf(one)]))
      const doubtful = messages.filter(
        (one) => !refused.includes(one) && blocked.has(one.key) && messages.indexOf(one) > (first.get(one.key) ?? 0),
      )
      await own.publish(messages.filter((one) => !refused.includes(one) && !doubtful.includes(one)))
      if (refused.length === 0) return
      throw new PublishError('the law refuses some', {
        doubtful: doubtful.map(({ id }) => id),
        refused: refused.map(({ id }) => ({ id, code: 'BODY_TOO_LARGE' })),
      })
    },
  })
  return {
    refusing,
    accept: () => {
      accepts = true
    },
  }
}
