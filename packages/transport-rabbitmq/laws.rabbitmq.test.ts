/** RabbitMQ keeps every law of transports. */
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { transportConformance } from '@vestnik/conformance'
import { privateRabbit } from '../../tools/brokers/rabbitmq.ts'
import { leaseMs } from './laws.fixture.ts'

const broker = await privateRabbit()
after(() => broker[Symbol.asyncDispose]())

/** What `ensure` waits elsewhere. */
const settleMs = 4000

transportConformance({
  name: 'RabbitMQ',
  open: { module: new URL('laws.fixture.ts', import.meta.url).href, export: 'openForLaws', argument: broker.url },
  leaseMs,
  outage: {
    async stop() {
      await sleep(settleMs)
      await broker.kill()
    },
    start: () => broker.start(),
  },
  async kept(topic) {
    const lines = (await broker.control('list_queues', 'name', 'messages')).split('\n').map((line) => line.split('\t'))
    return Math.max(...lines.filter(([name]) => name?.startsWith(`${topic}/`)).map(([, count]) => Number(count)))
  },
})
