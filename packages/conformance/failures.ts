/** Laws of failures: members killed and stopped, publishers killed, the broker gone for a while. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { PublishError } from '@vestnik/bus/errors'
import type { Entry } from './member.ts'
import { untilConfirmedEnded } from './members.ts'
import { bodyOf, digestOf, keyOf, messageOf, placeOf, rounds, series } from './messages.ts'
import { assertInOrder, assertToldTruly, by, endedIds, startedIds, startedOf, starts } from './reading.ts'
import type { TransportBench } from './transport-bench.ts'
import { acrossProcesses, law, needing, once, orderedAcrossProcesses, type TransportLaw } from './transport-law.ts'

export const failures: readonly TransportLaw[] = [
  law('what a killed member held comes again at another, and is called redelivered', acrossProcesses, async (bench) => {
    const group = await bench.group({ concurrency: 2 })
    const first = await bench.reader(group, { hold: 'all' })
    // More than a member can run at once: what it has taken ahead must come as well.
    const ids = rounds(40, 25)
    await bench.publish(group, ids)
    await bench.until('two deliveries that run', group, (it) => startedIds(it).length === 2)
    await first.kill()
    await bench.reader(group)
    await bench.untilEnded(group, ids)
    assertToldTruly(bench.entries(group))
    if (bench.order === 'key') assertInOrder(bench.entries(group))
  }),

  law(
    'what still ran when its member was killed comes again, although later messages had ended',
    acrossProcesses,
    async (bench) => {
      const group = await bench.group()
      const first = await bench.reader(group, { hold: ['a1', '7'] })
      const later = rounds(12, 20).filter((id) => !id.startsWith('a'))
      await bench.publish(group, ['a1', '7'])
      await bench.untilStarted(group, ['a1', '7'])
      await bench.publish(group, later)
      await bench.untilEnded(group, later)
      await first.kill()
      await bench.reader(group)
      await bench.untilEnded(group, ['a1', '7'])
      assertToldTruly(bench.entries(group))
    },
  ),

  law('what had ended a while before its member was killed does not come again', acrossProcesses, async (bench) => {
    const group = await bench.group()
    const first = await bench.reader(group, { hold: ['z1'] })
    await bench.publish(group, rounds(10, 10))
    await bench.untilEnded(group, rounds(10, 10))
    await bench.publish(group, ['z1'])
    await bench.untilStarted(group, ['z1'])
    // Ends may reach the broker in batches; by now they have.
    await sleep(bench.leaseMs)
    await first.kill()
    await bench.reader(group)
    await bench.untilEnded(group, ['z1'])
    const again = startedIds(bench.entries(group)).filter((id, i, all) => all.indexOf(id) !== i)
    assert.deepEqual(again, ['z1'])
  }),

  law('members killed under load lose nothing, and each key keeps its order', acrossProcesses, async (bench) => {
    const group = await bench.group()
    const publisher = await bench.publisher()
    await publisher.flood({ topic: group.topic, keys: 20, pauseMs: 10 })
    await bench.reader(group, { workMs: 3 })
    for (let death = 1; death <= 3; death += 1) {
      const victim = await bench.reader(group, { workMs: 3 })
      await bench.until('deliveries at the victim', group, (it) => by(victim.name, it).length > 10)
      await victim.kill()
    }
    await publisher.endFlood()
    await untilConfirmedEnded(bench, group)
    assertToldTruly(bench.entries(group))
    if (bench.order === 'key') assertInOrder(bench.entries(group))
  }),

  law('what ensure made is there although its member is killed at once', acrossProcesses, async (bench) => {
    const group = { topic: bench.invent('topic'), name: bench.invent('group'), order: bench.order, concurrency: 2 }
    const member = await bench.member()
    await member.ensure({ topics: [{ name: group.topic, partitions: 3 }], groups: [group] })
    await member.kill()
    await bench.publish(group, ['a1', 'b1'])
    await bench.reader(group)
    await bench.untilEnded(group, ['a1', 'b1'])
  }),

  law('what publish resolved for is there although its publisher is killed at once', acrossProcesses, async (bench) => {
    const group = await bench.group()
    const member = await bench.member()
    await member.publish(series('a', 20).map((id) => messageOf(group.topic, id)))
    await member.kill()
    await bench.reader(group)
    await bench.untilEnded(group, series('a', 20))
  }),

  law(
    'what a killed publisher had confirmed arrives, nothing torn and no key with a gap',
    acrossProcesses,
    async (bench) => {
      for (const batches of [1, 4, 9]) {
        const group = await bench.group()
        const publisher = await bench.member()
        await publisher.flood({ topic: group.topic, keys: 30, perKey: 3, bytes: 2000 })
        await bench.until('confirmed batches', group, (it) => confirmations(it) >= batches)
        await publisher.kill()
        await bench.reader(group)
        await untilConfirmedEnded(bench, group)
        // Behind these nothing of the publisher is left.
        await bench.publish(group, rounds(30, 1, 0), 2000)
        await bench.untilEnded(group, rounds(30, 1, 0))
        await bench.until('every key without a gap', group, hasNoGap)
        assertWhole(bench.entries(group))
      }
    },
  ),

  law('a member stopped for longer than its lease is taken over', acrossProcesses, async (bench) => {
    const { group, first, second } = await stoppedWhileHolding(bench)
    await second.release(group, 'all')
    await bench.untilEnded(group, ['a1', 'a2'])
    first.wake()
    await first.release(group, 'all')
    await bench.publish(group, ['a3', 'z1'])
    await bench.untilEnded(group, ['a3', 'z1'])
    assertToldTruly(bench.entries(group))
    if (bench.order === 'key') assertInOrder(bench.entries(group))
  }),

  law(
    'a member that wakes after its lease ends nothing that another holds now',
    orderedAcrossProcesses,
    async (bench) => {
      const { group, first, second } = await wokenBesideAnother(bench)
      // Whatever the broker heard of the first's end, a1 is the second's.
      const elsewhere = bench.entries(group).filter(({ member }) => member !== first.name)
      assert.deepEqual(startedOf('a', elsewhere), ['a1'])
      await second.kill()
      await bench.untilStarted(group, ['a1'], 3)
      await bench.until('a2 after a1', group, (it) => startedOf('a', it).at(-1) === 'a2')
    },
  ),

  law(
    'a member that wakes after its lease starts nothing of a key that another runs',
    orderedAcrossProcesses,
    async (bench) => {
      const { group, second } = await wokenBesideAnother(bench)
      assert.deepEqual(startedOf('a', bench.entries(group)), ['a1', 'a1'])
      await second.release(group, 'all')
      await bench.untilEnded(group, ['a2'])
      assertInOrder(bench.entries(group))
    },
  ),

  law('a member that wakes after its lease hears it from its signals', acrossProcesses, async (bench) => {
    const { group, first, second } = await stoppedWhileHolding(bench)
    first.wake()
    await bench.until('an aborted signal at the woken member', group, (it) =>
      it.some(({ what, member, id }) => what === 'abort' && member === first.name && id === 'a1'),
    )
    await second.release(group, 'all')
    await first.release(group, 'all')
    await bench.untilEnded(group, ['a1', 'a2'])
  }),

  law(
    'a transport opens although the broker is away, and works when it is back',
    needing(once, 'outage'),
    async (bench) => {
      const group = await bench.group()
      await bench.outage.stop()
      const opening = Promise.allSettled([bench.member()])
      await sleep(bench.leaseMs)
      await bench.outage.start()
      const [opened] = await opening
      if (opened.status === 'rejected') throw opened.reason
      const member = opened.value
      await bench.until('a health that is ready', group, async () => (await member.health()).ready)
      await member.publish([messageOf(group.topic, 'a1')])
      await member.subscribe(group)
      await bench.untilEnded(group, ['a1'])
    },
  ),

  law('publish never resolves for what a broker that is gone does not hold', needing(once, 'outage'), async (bench) => {
    const group = await bench.group()
    const publisher = await bench.publisher()
    await bench.publish(group, ['a1'])
    await bench.outage.stop()
    const sending = publisher.publish(['a2', 'b1'].map((id) => messageOf(group.topic, id))).then(
      () => 'resolved while the broker was gone',
      (error) => error,
    )
    const settled = await Promise.race([sending, sleep(bench.leaseMs, 'waits')])
    assert.notEqual(settled, 'resolved while the broker was gone')
    const { ready, reason } = await publisher.health()
    assert.deepEqual([ready, typeof reason], [false, 'string'])
    await bench.outage.start()
    const outcome = await sending
    const sure =
      outcome instanceof PublishError ? notNamed(outcome, ['a2', 'b1']) : outcome instanceof Error ? [] : ['a2', 'b1']
    await bench.reader(group)
    await bench.untilEnded(group, ['a1', ...sure])
  }),

  law(
    'after the broker was gone members read on by themselves, and nothing confirmed is lost',
    needing(acrossProcesses, 'outage'),
    async (bench) => {
      const group = await bench.group()
      const reader = await bench.reader(group, { workMs: 1 })
      const publisher = await bench.publisher()
      await publisher.flood({ topic: group.topic, keys: 20, pauseMs: 10, again: true })
      await bench.until('some deliveries', group, (it) => endedIds(it).length > 100)
      await bench.outage.stop()
      await sleep(bench.leaseMs)
      await bench.outage.start()
      const before = endedIds(bench.entries(group)).length
      await bench.until('new deliveries', group, (it) => endedIds(it).length > before + 200)
      await publisher.endFlood()
      await untilConfirmedEnded(bench, group)
      assert.equal((await reader.health()).ready, true)
      if (bench.order === 'key') assertFirstStartsInOrder(bench.entries(group))
    },
  ),
]

/** Two members; the first is stopped while it runs a1, until the second runs it. Both go on with a1 until it is released. */
async function stoppedWhileHolding(bench: TransportBench) {
  const group = await bench.group({ concurrency: 2 })
  const first = await bench.reader(group, { hold: ['a1'], stubborn: true })
  await bench.publish(group, ['a1', 'a2'])
  await bench.untilStarted(group, ['a1'])
  first.stop()
  const second = await bench.reader(group, { hold: ['a1'], stubborn: true })
  await bench.untilStarted(group, ['a1'], 2)
  return { group, first, second }
}

/** The same, and the first is awake and has ended its delivery of a1, while the second still runs its own. */
async function wokenBesideAnother(bench: TransportBench) {
  const { group, first, second } = await stoppedWhileHolding(bench)
  first.wake()
  await first.release(group, 'all')
  await bench.until('the end at the woken member', group, (it) =>
    it.some(({ what, member }) => what === 'end' && member === first.name),
  )
  // Time for it to reach the broker.
  await sleep(bench.leaseMs)
  await bench.publish(group, series('z', 3))
  await bench.untilEnded(group, series('z', 3))
  return { group, first, second }
}

const confirmations = (entries: readonly Entry[]) => entries.filter(({ what }) => what === 'confirmed').length

/** Every body is what its id says. */
function assertWhole(entries: readonly Entry[]): void {
  for (const { id, delivered } of starts(entries)) {
    assert.equal(delivered.digest, digestOf(bodyOf(id, 2000)), `${id} arrived with another body`)
  }
}

function hasNoGap(entries: readonly Entry[]): boolean {
  const places = new Map<string, Set<number>>()
  for (const id of startedIds(entries)) {
    const key = keyOf(id) ?? ''
    places.set(key, (places.get(key) ?? new Set()).add(placeOf(id)))
  }
  return [...places.values()].every((seen) => Math.max(...seen) === seen.size - 1)
}

/** With messages that were sent twice, the first hand-outs are in order. */
function assertFirstStartsInOrder(entries: readonly Entry[]): void {
  const last = new Map<string, number>()
  for (const id of new Set(startedIds(entries))) {
    const key = keyOf(id) ?? ''
    assert.equal(placeOf(id), (last.get(key) ?? 0) + 1, `${id} came too early`)
    last.set(key, placeOf(id))
  }
}

const notNamed = ({ doubtful, refused }: PublishError, ids: readonly string[]) =>
  ids.filter((id) => !doubtful.includes(id) && !refused.some((refusal) => refusal.id === id))
