/** Every law of transports is broken by some fault that is made for it, and finds it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertFound } from './finding.fixture.ts'
import { socketFaults } from './socket-faults.fixture.ts'
import { transportLaws, transportSuite } from './transport-conformance.ts'
import { deliveryFaults, lifecycleFaults, publishingFaults, slowFaults } from './transport-faults.fixture.ts'

const faults = [...publishingFaults, ...deliveryFaults, ...lifecycleFaults]

// Most of the time is the laws' patience: so many at once.
describe('a transport is found that', { concurrency: 8 }, () => {
  for (const { fault, breaks, open } of faults) {
    test(fault, async () => {
      for (const sentence of breaks) {
        await assertFound(sentence, transportSuite({ name: fault, ...open(), leaseMs: 0, patienceMs: 500 }))
      }
    })
  }
})

test('there is a fault for every law', () => {
  const found = new Set([...faults, ...slowFaults, ...socketFaults].flatMap(({ breaks }) => breaks))
  assert.deepEqual(
    transportLaws.map(({ sentence }) => sentence).filter((sentence) => !found.has(sentence)),
    [],
  )
})
