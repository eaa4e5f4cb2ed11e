/** Laws of the bus: a message that kills its process each time, and every place where a process may die. */
import assert from 'node:assert/strict'
import { type Contract, type CrashPoint, crashPoints, operationsOn, systemPorts } from '@vestnik/bus'
import type { BusBench, BusProcess } from './bus-bench.ts'
import { type BusLaw, law, once, onHandlers, ordered } from './bus-law.ts'
import { as, dying, failing, untilAtRest, untilDead, untilDeadLetter } from './bus-manners.ts'
import type { Mortal } from './bus-mortal.ts'
import type { Payload } from './bus-payload.ts'
import { keyOf, placeOf, rounds } from './messages.ts'

const publishing = crashPoints.filter((point) => /^(outbox|relay)\./.test(point))
const delivering = crashPoints.filter((point) => point.startsWith('deliver.'))

export const deaths: readonly BusLaw[] = [
  ...publishing.map((point) =>
    law(`a publisher that dies at ${point} has lost and doubled nothing`, once, async (bench) => {
      const contract = bench.contract()
      const service = bench.invent('publisher')
      const reader = await bench.process({ handlers: [bench.handler(contract)] })
      const life = bench.life()
      const first = await bench.process({ service, life, publishes: [contract] })
      await first.publish(contract, 'a1')
      life.dieAt(point)
      const committed = point === 'outbox.added' ? ['a1'] : ['a1', 'a2']
      const publish = first.publish(contract, 'a2').catch(() => {})
      await bench.until('the death', () => life.isDead())
      void publish
      const second = await bench.process({ service, publishes: [contract] })
      await second.publish(contract, 'a3')
      await bench.untilEffects(reader, [...committed, 'a3'])
      assert.deepEqual(await reader.names(), [...committed, 'a3'])
    }),
  ),

  ...delivering.map((point) =>
    law(`a reader that dies at ${point} has lost and doubled nothing`, onHandlers, (bench) => diesAt(bench, point)),
  ),

  ...(['runner.claimed', 'runner.handled', 'runner.ended'] as const).map((point) =>
    law(`a reader that dies at ${point} has lost and doubled nothing`, once, (bench) => diesAt(bench, point)),
  ),

  law('a person whose process dies at operate.changed has changed nothing', once, async (bench) => {
    const contract = bench.contract()
    const service = bench.invent('reader')
    const { does, mend } = dying('a1')
    const reader = await bench.process({ service, handlers: [bench.handler(contract, does)] })
    await reader.publish(contract, 'a1')
    const [letter] = await untilDead(bench, reader, 1)
    assert.ok(letter)
    const life = bench.life()
    life.dieAt('operate.changed')
    const mortal = life.store(reader.store)
    const { crash } = life.ports(systemPorts)
    void operationsOn(mortal, systemPorts.now, undefined, crash).drop(letter, as(letter))
    await bench.until('the death', () => life.isDead())
    mend()
    await reader.bus.operations.replay(letter, as(letter))
    await bench.untilEffects(reader, ['a1'])
  }),

  law(
    'a message that kills its process at each start ends as a dead letter, and no other is buried with it',
    ordered,
    async (bench) => {
      const contract = bench.contract()
      const service = bench.invent('killed')
      const writer = await bench.process({ publishes: [contract] })
      await writer.publish(contract, 'a1', 'b1', 'c1', 'b2')
      for (let deaths = 0; deaths < 10; deaths += 1) {
        const reader = await poisonedProcess(bench, contract, service, deaths)
        if (await diesAgain(bench, reader)) continue
        const letter = await untilDeadLetter(bench, reader)
        assert.deepEqual([letter.reason, letter.key], ['crash', 'a'])
        await bench.untilEffects(reader, ['b1', 'b2', 'c1'])
        if (bench.kind === 'on') assert.deepEqual((await reader.names()).toSorted(), ['b1', 'b2', 'c1'])
        return
      }
      assert.fail('it goes on killing')
    },
  ),
]

type Doomed = BusProcess & { readonly life: Mortal }

/** A process that dies of a1. Each comes a while after the claims of the one before have lapsed. */
async function poisonedProcess(
  bench: BusBench,
  contract: Contract<Payload>,
  service: string,
  deaths: number,
): Promise<Doomed> {
  const life = bench.life()
  let poisoned = false
  const poison = (name: string) => {
    poisoned ||= name === 'a1'
  }
  life.dieAt(bench.kind === 'on' ? ['deliver.handled', 'runner.handled'] : 'runner.acted', () => poisoned)
  const ports = { now: () => systemPorts.now() + deaths * longerThanAnyClaimMs }
  const handlers = [bench.handler(contract, poison, { claimMs: 5_000 })]
  return { ...(await bench.process({ service, life, handlers, ports })), life }
}

const longerThanAnyClaimMs = 6_000

/** Whether it dies, and does not bury its killer. */
async function diesAgain(bench: BusBench, { store, life }: Doomed): Promise<boolean> {
  // The bus of a dead process answers nothing any more: its database does.
  const people = operationsOn(store, systemPorts.now)
  let buried = false
  await bench.until('a death or a dead letter', async () => {
    buried = (await people.listDead()).length > 0
    return buried || life.isDead()
  })
  return !buried
}

async function diesAt(bench: BusBench, point: CrashPoint): Promise<void> {
  const contract = bench.contract()
  const service = bench.invent('reader')
  const flaky = failing({ a1: 1, b2: 1 })
  const life = bench.life()
  life.dieAt(point)
  await bench.process({ service, life, handlers: [bench.handler(contract, flaky)] })
  const writer = await bench.process({ publishes: [contract] })
  const names = rounds(3, 4)
  await writer.publish(contract, ...names)
  await bench.until(`the death at ${point}`, () => life.isDead())
  const reader = await bench.process({ service, handlers: [bench.handler(contract, flaky)] })
  await bench.untilEffects(reader, names)
  await untilAtRest(bench, reader)
  const took = await reader.names()
  assert.deepEqual(took.toSorted(), names.toSorted())
  assert.deepEqual(await reader.bus.operations.listDead(), [])
  if (bench.order === 'none') return
  for (const key of ['a', 'b', 'c']) {
    assert.deepEqual(took.filter((name) => keyOf(name) === key).map(placeOf), [1, 2, 3, 4])
  }
}
