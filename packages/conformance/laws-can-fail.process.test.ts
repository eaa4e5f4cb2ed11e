/** Every law about processes and outages is broken by some fault that is made for it, and finds it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusError } from '@vestnik/bus/errors'
import { keepLaw } from './law.ts'
import { startSocketBroker } from './socket-broker.fixture.ts'
import { type SocketFault, socketFaults } from './socket-faults.fixture.ts'
import { transportLaws, transportSuite } from './transport-conformance.ts'

const leaseMs = 300

for (const fault of socketFaults) {
  const what = fault.ofBroker ? `a broker that ${fault.ofBroker}` : `a member that ${fault.ofMember}`
  test(`${what} is found`, async () => {
    for (const sentence of fault.breaks) {
      const law = transportLaws.find((it) => it.sentence === sentence)
      assert.ok(law, `no law "${sentence}"`)
      const several = {
        ...law,
        variants: law.variants.filter((it) => it.several || !law.variants.some((other) => other.several)),
      }
      const suite = await brokenSuite(fault)
      await assert.rejects(
        keepLaw(several, suite),
        ({ cause }) => cause instanceof assert.AssertionError || cause instanceof BusError,
      )
    }
  })
}

async function brokenSuite({ ofBroker, ofMember }: SocketFault) {
  const broker = await startSocketBroker(leaseMs, ofBroker ? [ofBroker] : [])
  return transportSuite({
    name: 'broken',
    open: {
      module: new URL('socket-transport.fixture.ts', import.meta.url).href,
      export: 'openSocketTransport',
      argument: { port: broker.port, faults: ofMember ? [ofMember] : [] },
    },
    leaseMs,
    patienceMs: 2000,
    outage: broker,
  })
}
