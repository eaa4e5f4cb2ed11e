/** Kafka keeps every law of transports. */
import { after } from 'node:test'
import { transportConformance } from '@vestnik/conformance'
import { privateKafka } from '../../tools/brokers/kafka.ts'
import { leaseMs, shortSessions, warmUp } from './laws.fixture.ts'

const broker = await privateKafka({ config: shortSessions })
after(() => broker[Symbol.asyncDispose]())

await warmUp(broker.url)

transportConformance({
  name: 'Kafka',
  open: { module: new URL('laws.fixture.ts', import.meta.url).href, export: 'openForLaws', argument: broker.url },
  leaseMs,
  // A machine that runs much else takes its time to start processes.
  patienceMs: 45_000,
  outage: { stop: () => broker.kill(), start: () => broker.start() },
  lacks: { kept: 'it keeps every message for a time, whoever has read it' },
})
