/** Kafka: publishing and delivering, against the client alone, kafkajs and NestJS microservices. */
import { reportOf, startChild } from '../harness/child.ts'
import { type Figures, figureOf, type Row, ratio, type Settings } from '../harness/row.ts'
import { type KafkaPlace, type KafkaSide, onKafka } from '../peers/kafka.ts'
import { chain } from './broker-chain.ts'
import { load, timeOrders } from './latency.ts'

const raw = 'the client alone, in batches of 500'
const kafkajs = 'kafkajs, one message per send'
const nest = 'NestJS microservices'

const kafka: Row = {
  name: 'kafka',
  title:
    'Kafka, 3 partitions, acks=all: publish with 1,000 callers at once, then deliver, decoded and validated, to an empty handler',
  sides: (settings) => onKafka(sides(settings)),
  requirements: [
    { says: `${raw}, published`, unit: '×', value: ratio('publishedPerSecond', 'ours', 'raw'), atLeast: 0.5 },
    { says: `${kafkajs}, published`, unit: '×', value: ratio('publishedPerSecond', 'ours', 'kafkajs'), atLeast: 8 },
    { says: `${nest}, published`, unit: '×', value: ratio('publishedPerSecond', 'ours', 'nest'), atLeast: 8 },
    {
      says: 'the client’s stream, a commit each 1,000',
      unit: '×',
      value: ratio('deliveredPerSecond', 'ours', 'raw'),
      atLeast: 0.7,
    },
    { says: `${nest}, delivered`, unit: '×', value: ratio('deliveredPerSecond', 'ours', 'nest'), atLeast: 1.3 },
  ],
}

function sides(settings: Settings): KafkaSide[] {
  return [
    { name: 'ours', title: 'Vestnik', run: measure('', 3, 1, settings) },
    { name: 'ours12', title: 'Vestnik, 12 partitions, a producer for each', run: measure('', 12, 1, settings) },
    { name: 'raw', title: raw, packages: ['@platformatic/kafka'], run: measure('raw-', 3, 1, settings) },
    { name: 'kafkajs', title: kafkajs, packages: ['kafkajs'], run: publishOnly('kafkajs-', 3, 8, settings) },
    { name: 'nest', title: nest, packages: ['@nestjs/microservices'], run: measure('nest-', 3, 8, settings) },
  ]
}

const sizes = ({ quick }: Settings, fewer: number) =>
  quick ? { warm: 100, count: 500 } : { warm: 20_000 / fewer, count: 120_000 / fewer }

/** What was published then waits for the reader. */
function measure(whose: string, partitions: number, fewer: number, settings: Settings) {
  return async (place: KafkaPlace): Promise<Figures> => {
    const input = { ...place, partitions, ...sizes(settings, fewer) }
    const published = await reportOf(`kafka/${whose}publish.ts`, input)
    const { sum: _, ...delivered } = await reportOf(`kafka/${whose}read.ts`, input)
    return { ...published, ...delivered }
  }
}

function publishOnly(whose: string, partitions: number, fewer: number, settings: Settings) {
  return (place: KafkaPlace): Promise<Figures> =>
    reportOf(`kafka/${whose}publish.ts`, { ...place, partitions, ...sizes(settings, fewer) })
}

const byHand = 'the same by hand, kafkajs and a transaction per message'

const kafkaChain: Row = {
  name: 'kafka-chain',
  title: 'Kafka: the whole chain: order and outbox row, relay, broker, other process, inbox and business row',
  sides: ({ quick }) =>
    onKafka([
      { name: 'ours', title: 'Vestnik', run: chain('programs/', quick ? 200 : 40_000) },
      { name: 'byHand', title: byHand, packages: ['kafkajs'], run: chain('kafka/raw-', quick ? 200 : 8_000) },
    ]),
  requirements: [{ says: byHand, unit: '×', value: ratio('perSecond', 'ours', 'byHand'), atLeast: 5 }],
}

const alone = 'the client alone, from its publish to its fetch'

const kafkaLatency: Row = {
  name: 'kafka-latency',
  title: 'Kafka: from the start of a transaction to the start of the handler in another process, at 1,000/s',
  sides: (settings) =>
    onKafka([
      {
        name: 'ours',
        title: 'Vestnik',
        run: (place, folder) => timeOrders({ folder, rabbit: place, ...load(settings) }),
      },
      {
        name: 'raw',
        title: alone,
        packages: ['@platformatic/kafka'],
        run: (place) => reportOf('kafka/raw-latency.ts', { ...place, ...load(settings) }),
      },
    ]),
  requirements: [{ says: `${alone}, p50`, unit: '×', value: ratio('p50Ms', 'ours', 'raw'), atMost: 3 }],
}

const kafkaMemory: Row = {
  name: 'kafka-memory',
  title: 'Kafka: the memory of a process that reads 500,000 waiting messages, 50 at once, a millisecond each',
  sides: ({ quick }) =>
    onKafka([
      {
        name: 'ours',
        title: 'Vestnik',
        async run(place) {
          const input = { ...place, partitions: 12, warm: 0, count: quick ? 500 : 500_000 }
          await reportOf('kafka/publish.ts', input)
          return await reportOf('kafka/slow-read.ts', input)
        },
      },
    ]),
  requirements: [
    { says: 'RSS at most', unit: 'MB', value: (medians) => figureOf(medians, 'ours', 'mostMb'), atMost: 300 },
  ],
}

const kafkaTakeover: Row = {
  name: 'kafka-takeover',
  title: 'Kafka: how late messages come when a member of two is killed, with a session of 6 s',
  sides: () => onKafka([{ name: 'ours', title: 'Vestnik', run: takeover }]),
  requirements: [
    { says: 'the latest message', unit: 'ms', value: (medians) => figureOf(medians, 'ours', 'latestMs'), atMost: 8000 },
  ],
}

/** More seconds than it may take. */
const watchedSeconds = 12

async function takeover(place: KafkaPlace): Promise<Figures> {
  const input = { ...place, partitions: 4, warm: 0, count: 0 }
  await using writer = startChild('kafka/pace-publish.ts', input)
  await writer.next()
  await using stays = startChild('kafka/take-over.ts', input)
  await using dies = startChild('kafka/take-over.ts', input)
  await Promise.all([stays.next(), dies.next()])
  while (((await stays.next()).seen ?? 0) === 0 || ((await dies.next()).seen ?? 0) === 0);
  process.kill(dies.pid, 'SIGKILL')
  let latestMs = 0
  for (let second = 0; second < watchedSeconds; second += 1) {
    latestMs = Math.max(latestMs, (await stays.next()).slowestMs ?? 0)
  }
  return { latestMs }
}

export const kafkaRows: readonly Row[] = [kafka, kafkaChain, kafkaLatency, kafkaMemory, kafkaTakeover]
