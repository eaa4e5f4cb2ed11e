/** Every law about processes and outages is broken by some fault that is made for it, and finds it. */
import { test } from 'node:test'
import { assertFound } from './finding.fixture.ts'
import { startSocketBroker } from './socket-broker.fixture.ts'
import { type SocketFault, socketFaults } from './socket-faults.fixture.ts'
import { transportSuite } from './transport-conformance.ts'
import { slowFaults } from './transport-faults.fixture.ts'

const leaseMs = 300

for (const fault of socketFaults) {
  const what = fault.ofBroker ? `a broker is found that ${fault.ofBroker}` : `a member is found that ${fault.ofMember}`
  test(what, async () => {
    for (const sentence of fault.breaks) await assertFound(sentence, await brokenSuite(fault))
  })
}

for (const { fault, breaks, open } of slowFaults) {
  test(`a transport is found that ${fault}`, async () => {
    for (const sentence of breaks) {
      await assertFound(sentence, transportSuite({ name: fault, ...open(), leaseMs, patienceMs: 2000 }))
    }
  })
}

async function brokenSuite({ ofBroker, ofMember }: SocketFault) {
  const broker = await startSocketBroker(leaseMs, ofBroker ? [ofBroker] : [])
  return transportSuite({
    name: 'broken',
    open: {
      module: import.meta.resolve('./socket-transport.fixture.ts'),
      export: 'openSocketTransport',
      argument: { port: broker.port, faults: ofMember ? [ofMember] : [] },
    },
    leaseMs,
    patienceMs: 2000,
    outage: broker,
  })
}
