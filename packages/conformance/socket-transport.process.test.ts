/** A memory broker behind a socket keeps the laws about failures: so they can be kept. */
import { registerSuite } from './conformance.ts'
import { failures } from './failures.ts'
import { startSocketBroker } from './socket-broker.fixture.ts'
import { transportSuite } from './transport-conformance.ts'

const leaseMs = 1000
const broker = await startSocketBroker(leaseMs)
const suite = transportSuite({
  name: 'a memory broker behind a socket',
  open: {
    module: import.meta.resolve('./socket-transport.fixture.ts'),
    export: 'openSocketTransport',
    argument: { port: broker.port },
  },
  leaseMs,
  outage: broker,
})

// The others are tried on the memory transport itself.
registerSuite({ ...suite, laws: failures }, { timeoutMs: 60_000 })
