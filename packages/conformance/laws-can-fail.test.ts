/** Every law of transports is broken by some fault that is made for it, and finds it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusError } from '@vestnik/bus/errors'
import { keepLaw } from './law.ts'
import { socketFaults } from './socket-faults.fixture.ts'
import { transportLaws, transportSuite } from './transport-conformance.ts'
import { deliveryFaults, lifecycleFaults, publishingFaults } from './transport-faults.fixture.ts'

const faults = [...publishingFaults, ...deliveryFaults, ...lifecycleFaults]

for (const { fault, breaks, open } of faults) {
  test(`a transport that ${fault} is found`, async () => {
    for (const sentence of breaks) {
      const law = transportLaws.find((it) => it.sentence === sentence)
      assert.ok(law, `no law "${sentence}"`)
      const suite = transportSuite({ name: fault, ...open(), leaseMs: 0, patienceMs: 500 })
      await assert.rejects(
        keepLaw(law, suite),
        ({ cause }) => cause instanceof assert.AssertionError || cause instanceof BusError,
      )
    }
  })
}

test('there is a fault for every law', () => {
  const found = new Set([...faults, ...socketFaults].flatMap(({ breaks }) => breaks))
  assert.deepEqual(
    transportLaws.map(({ sentence }) => sentence).filter((sentence) => !found.has(sentence)),
    [],
  )
})
