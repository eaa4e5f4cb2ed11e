/** Publishers and readers are killed at any time, and at every named place: what was confirmed arrives, in order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crashPoints } from './crash.ts'
import { openBench } from './process-bench.fixture.ts'

const seconds = 1000

test('no confirmed message is lost, doubled unmarked or out of order while processes are killed', {
  timeout: 120 * seconds,
}, async () => {
  await using bench = await openBench({ leaseMs: 500 })
  const publishers = ['p', 'q'].map((name) => ({ role: 'publish' as const, name, batch: 20 }))
  const readers = ['a', 'b', 'c'].map((name) => ({ role: 'read' as const, name }))
  const kills = Number(process.env.KILLS ?? 24)
  let generation = 0
  const running = [...publishers, ...readers].map((task) => ({ task, child: bench.start(task) }))
  for (let kill = 0; kill < kills; kill += 1) {
    const victim = running[kill % running.length]
    if (!victim) continue
    await bench.progress(150)
    await bench.kill(victim.child)
    generation += 1
    const name = victim.task.role === 'publish' ? `${victim.task.name}${generation}` : victim.task.name
    victim.child = bench.start({ ...victim.task, name })
  }
  for (const { task, child } of running) if (task.role === 'publish') await bench.kill(child)
  await bench.settled(60 * seconds)
  const found = bench.judge()
  assert.deepEqual(found.faults, [])
  console.log(`${found.kills} kills, ${found.confirmed} confirmed, 0 lost, ${found.repeated} repeated and marked`)
})

test('members that are killed, stopped and woken, and slow and failing deliveries, lose and mix up nothing', {
  timeout: 180 * seconds,
}, async () => {
  await using bench = await openBench({ leaseMs: 400 })
  const publisher = bench.start({ role: 'publish', name: 'p', keys: 200, batch: 50 })
  const slow = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`p-${i}/${i + 200 * (i % 40)}`, 700]))
  const start = (name: string) => bench.start({ role: 'read', name, slow, handBack: 0.01 })
  const readers = ['a', 'b', 'c'].map(start)
  for (let round = 0; round < Number(process.env.ROUNDS ?? 6); round += 1) {
    const place = round % readers.length
    const reader = readers[place]
    if (!reader) continue
    await bench.progress(300)
    if (round % 2 === 0) await bench.pause(reader, 900)
    else {
      await bench.kill(reader)
      readers[place] = start(`again-${round}`)
    }
  }
  await bench.kill(publisher)
  await bench.settled(60 * seconds)
  assert.deepEqual(bench.judge().faults, [])
})

for (const point of crashPoints.filter((point) => point.startsWith('publish'))) {
  test(`a publisher that dies at ${point} loses nothing`, { timeout: 60 * seconds }, async () => {
    await using bench = await openBench({ leaseMs: 300 })
    bench.start({ role: 'read', name: 'a' })
    await bench.exited(bench.start({ role: 'publish', name: 'p', crashAt: { point, time: 3 } }))
    bench.start({ role: 'publish', name: 'q', messages: 200 })
    await bench.recorded(({ kind, id }) => kind === 'confirmed' && id.endsWith('/199'))
    await bench.settled(30 * seconds)
    assert.deepEqual(bench.judge().faults, [])
    assert.equal(bench.judge().kills, 1)
  })
}

for (const point of crashPoints.filter((point) => !point.startsWith('publish'))) {
  test(`a reader that dies at ${point} loses nothing`, { timeout: 60 * seconds }, async () => {
    await using bench = await openBench({ leaseMs: 300 })
    const publisher = bench.start({ role: 'publish', name: 'p', messages: 6000, batch: 100, keys: 100 })
    const time = point.startsWith('claim') || point === 'deliver.ended' ? 5 : 1
    // What goes aside are messages that are slow while many others pass.
    const slow = { 'p-7/7': 2000 }
    const victim = bench.start({ role: 'read', name: 'a', slow, crashAt: { point, time } })
    // What is given away needs another member.
    if (point.startsWith('release')) {
      await bench.recorded(({ kind, pid }) => kind === 'start' && pid === victim.pid)
      bench.start({ role: 'read', name: 'b' })
    }
    await bench.exited(victim)
    bench.start({ role: 'read', name: 'c' })
    await bench.exited(publisher)
    await bench.settled(30 * seconds)
    assert.deepEqual(bench.judge().faults, [])
    assert.equal(bench.judge().kills, 1)
  })
}
