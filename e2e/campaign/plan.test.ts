/** A plan is drawn from its seed alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faults } from './faults.ts'
import { drawPlan, without } from './plan.ts'

const names = {
  services: ['gateway#1', 'users#1', 'films#1', 'mailer#1'],
  brokers: ['rabbitmq'],
  databases: ['postgres'],
  links: ['users', 'rabbitmq'],
  disks: [],
}

test('the same seed draws the same plan, and another seed another', () => {
  assert.deepEqual(drawPlan(7, 2, names), drawPlan(7, 2, names))
  assert.notDeepEqual(drawPlan(7, 2, names), drawPlan(8, 2, names))
})

test('in twenty minutes each fault that is possible is drawn, and hundreds of kills', () => {
  const plan = drawPlan(1, 20, names)
  const possible = faults.filter(({ of }) => names[of].length > 0).map(({ name }) => name)
  assert.deepEqual([...new Set(plan.map(({ fault }) => fault))].toSorted(), possible.toSorted())
  assert.ok(plan.filter(({ fault }) => fault.startsWith('kill')).length > 300)
})

test('no target has two faults at once, and all end before the campaign does', () => {
  const busy = new Map<string, number>()
  for (const { fault, target, atMs, lastsMs } of drawPlan(3, 10, names)) {
    const place = `${faults.find(({ name }) => name === fault)?.of} ${target}`
    assert.ok(atMs >= (busy.get(place) ?? 0), `${place} at ${atMs}`)
    busy.set(place, atMs + lastsMs)
    assert.ok(atMs + lastsMs < 600_000)
  }
})

test('where the disk cannot be filled no fault is at it, and all others are the same', () => {
  const plan = drawPlan(3, 10, { ...names, disks: ['data'] })
  const full = ({ fault }: { readonly fault: string }) => fault === 'fill the disk'
  assert.ok(plan.some(full))
  assert.deepEqual(
    without(plan, ['disks']),
    plan.filter((one) => !full(one)),
  )
  assert.deepEqual(without(plan, []), plan)
})
