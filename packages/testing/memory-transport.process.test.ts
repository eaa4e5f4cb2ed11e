/** The memory transport keeps every law that one process can show. */
import { transportConformance } from '@vestnik/conformance'
import { memoryBroker } from './memory-transport.ts'

const broker = memoryBroker()

transportConformance({
  name: 'the memory transport',
  open: async () => broker.open(),
  leaseMs: 0,
  kept: async (topic) => broker.kept(topic),
  lacks: {
    processes: 'it lives in one process',
    outage: 'it cannot be away while its members are here',
  },
})
