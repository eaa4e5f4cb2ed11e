/** RabbitMQ: publishing and delivering, against amqplib alone and against NestJS microservices. */
import { setTimeout as sleep } from 'node:timers/promises'
import { reportOf } from '../harness/child.ts'
import { type Figures, type Row, ratio, type Settings } from '../harness/row.ts'
import { onRabbit, type RabbitPlace, type RabbitSide, removeQueues } from '../peers/rabbitmq.ts'
import { chain } from './broker-chain.ts'
import { rabbitmqReconnect } from './rabbitmq-reconnect.ts'

const raw = 'amqplib alone'
const nest = 'NestJS microservices'

const rabbitmq: Row = {
  name: 'rabbitmq',
  title: 'RabbitMQ: publish with 1,000 in flight, then deliver, decoded and validated, to an empty handler',
  sides: (settings) => onRabbit(sides(settings)),
  requirements: [
    { says: `${raw}, published`, unit: '×', value: ratio('publishedPerSecond', 'ours', 'raw'), atLeast: 0.9 },
    { says: `${nest}, published`, unit: '×', value: ratio('publishedPerSecond', 'ours', 'nest'), atLeast: 1.6 },
    { says: `${raw}, delivered`, unit: '×', value: ratio('deliveredPerSecond', 'ours', 'raw'), atLeast: 0.9 },
    { says: `${nest}, delivered`, unit: '×', value: ratio('deliveredPerSecond', 'ours', 'nest'), atLeast: 1.6 },
  ],
}

const rabbitmqOrder: Row = {
  name: 'rabbitmq-order',
  title: 'RabbitMQ: a group with the order of 1,000 keys, in 12 queues, against the same without order',
  sides: (settings) =>
    onRabbit([
      { name: 'ordered', title: 'order by key, 12 queues', run: measure('', 'key', settings) },
      { name: 'unordered', title: 'no order, one queue', run: measure('', 'none', settings) },
    ]),
  requirements: [
    { says: 'published', unit: '×', value: ratio('publishedPerSecond', 'ordered', 'unordered'), atLeast: 0.4 },
    { says: 'delivered', unit: '×', value: ratio('deliveredPerSecond', 'ordered', 'unordered'), atLeast: 0.4 },
  ],
}

const byHand = 'the same by hand, amqplib and a transaction per message'

const rabbitmqChain: Row = {
  name: 'rabbitmq-chain',
  title: 'RabbitMQ: the whole chain: order and outbox row, relay, broker, other process, inbox and business row',
  sides: ({ quick }) =>
    onRabbit([
      { name: 'ours', title: 'Vestnik', run: chain('programs/', quick ? 200 : 40_000) },
      { name: 'byHand', title: byHand, packages: ['amqplib'], run: chain('rabbitmq/raw-', quick ? 200 : 8_000) },
    ]),
  requirements: [{ says: byHand, unit: '×', value: ratio('perSecond', 'ours', 'byHand'), atLeast: 5 }],
}

export const rabbitmqRows: readonly Row[] = [rabbitmq, rabbitmqOrder, rabbitmqChain, rabbitmqReconnect]

function sides(settings: Settings): RabbitSide[] {
  const packages = ['@nestjs/microservices', 'amqp-connection-manager'] as const
  return [
    { name: 'ours', title: 'Vestnik', run: measure('', 'none', settings) },
    { name: 'raw', title: raw, packages: ['amqplib'], run: measure('raw-', 'none', settings) },
    { name: 'nest', title: `${nest}, which sends no headers`, packages, run: measure('nest-', 'none', settings) },
  ]
}

/** How long the broker may end what it does for the side before, in the background. */
const restMs = 1_500

/** What was published then waits for the reader. */
function measure(whose: string, order: 'key' | 'none', { quick }: Settings) {
  const size = quick ? { warm: 100, count: 500 } : { warm: 20_000, count: 120_000 }
  return async (place: RabbitPlace): Promise<Figures> => {
    const input = { ...place, order, ...size }
    const published = await reportOf(`rabbitmq/${whose}publish.ts`, input)
    if (!quick) await sleep(restMs)
    const { sum: _, ...delivered } = await reportOf(`rabbitmq/${whose}read.ts`, input)
    await removeQueues(place)
    if (!quick) await sleep(restMs)
    return { ...published, ...delivered }
  }
}
