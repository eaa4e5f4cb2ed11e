/** A memory broker behind a socket keeps the laws about processes and outages: so they can be kept. */
import { registerSuite } from './conformance.ts'
import { startSocketBroker } from './socket-broker.fixture.ts'
import { transportSuite } from './transport-conformance.ts'

const leaseMs = 1000
const broker = await startSocketBroker(leaseMs)
const suite = transportSuite({
  name: 'a memory broker behind a socket',
  open: {
    module: new URL('socket-transport.fixture.ts', import.meta.url).href,
    export: 'openSocketTransport',
    argument: { port: broker.port },
  },
  leaseMs,
  outage: broker,
})

/** The others are tried on the memory transport itself. */
const laws = suite.laws.filter(({ needs, variants }) => needs.includes('outage') || variants.every((it) => it.several))

registerSuite({ ...suite, laws }, { timeoutMs: 60_000 })
