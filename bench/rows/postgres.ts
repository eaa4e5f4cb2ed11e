/** PostgreSQL with RabbitMQ: the whole chain and its parts, against the same by hand with pg and amqplib. */
import { startChild } from '../harness/child.ts'
import { endToEnd } from '../harness/end-to-end.ts'
import { type Figures, type Row, ratio } from '../harness/row.ts'
import { onPostgres, type PostgresPlace } from '../peers/postgres.ts'

const packages = ['pg', 'amqplib'] as const
const chainTitle = 'order and outbox row, relay, broker, other process, inbox and business row'

const oneByHand = 'the same by hand, a transaction per message on both sides, pool 10'

const chain: Row = {
  name: 'postgres-chain',
  title: `PostgreSQL and RabbitMQ: the whole chain: ${chainTitle}; a transaction for each message when producing`,
  sides: ({ quick }) =>
    onPostgres([
      { name: 'ours', title: 'Vestnik', packages, run: through('', 1, quick ? 200 : 20_000) },
      { name: 'byHand', title: oneByHand, packages, run: through('raw-', 1, quick ? 200 : 10_000) },
    ]),
  requirements: [{ says: oneByHand, unit: '×', value: ratio('perSecond', 'ours', 'byHand'), atLeast: 1.3 }],
}

const batchesByHand = 'the same by hand, everything in batches of 500'
const arraysByHand = 'the same, and one statement for all business rows of a batch'

const batches: Row = {
  name: 'postgres-batches',
  title: `PostgreSQL and RabbitMQ: the whole chain: ${chainTitle}; 500 messages in a transaction when producing`,
  sides: ({ quick }) => {
    const [perTransaction, count] = quick ? [50, 500] : [500, 60_000]
    return onPostgres([
      { name: 'ours', title: 'Vestnik', packages, run: through('', perTransaction, count) },
      { name: 'byHand', title: batchesByHand, packages, run: through('raw-', perTransaction, count, false) },
      { name: 'arrays', title: arraysByHand, packages, run: through('raw-', perTransaction, count) },
    ])
  },
  requirements: [{ says: batchesByHand, unit: '×', value: ratio('perSecond', 'ours', 'byHand'), atLeast: 1 }],
}

const consumedByHand = 'a transaction per message by hand, pool 10'

const consume: Row = {
  name: 'postgres-consume',
  title:
    'PostgreSQL and RabbitMQ: the consuming side alone: inbox and business row of messages that wait in the queues',
  sides: ({ quick }) =>
    onPostgres([
      { name: 'ours', title: 'Vestnik', packages, run: consuming('', quick ? 500 : 40_000) },
      { name: 'byHand', title: consumedByHand, packages, run: consuming('raw-', quick ? 500 : 10_000) },
    ]),
  requirements: [{ says: consumedByHand, unit: '×', value: ratio('perSecond', 'ours', 'byHand'), atLeast: 5 }],
}

const backlog: Row = {
  name: 'postgres-backlog',
  title: 'PostgreSQL and RabbitMQ: the relay with a million messages waiting in the outbox, against the same with none',
  sides: ({ quick }) => {
    const size = quick ? { warm: 1_000, count: 2_000 } : { warm: 10_000, count: 50_000 }
    const few = size.warm + size.count + 5_000
    return onPostgres([
      { name: 'none', title: 'none waiting but what is sent', packages, run: relaying({ ...size, waiting: few }) },
      {
        name: 'waiting',
        title: '1,000,000 waiting',
        packages,
        run: relaying({ ...size, waiting: quick ? few : 1_000_000 }),
      },
    ])
  },
  requirements: [{ says: 'none waiting', unit: '×', value: ratio('perSecond', 'waiting', 'none'), atLeast: 0.8 }],
}

const size: Row = {
  name: 'postgres-size',
  title: 'PostgreSQL: how large the outbox is while a million messages pass through it, at most 10,000 waiting',
  sides: ({ quick }) =>
    onPostgres([{ name: 'ours', title: 'Vestnik', packages, run: passing(quick ? 5_000 : 1_000_000) }]),
  requirements: [],
}

const hops = 'a bare commit, NOTIFY, publish and deliver by hand'

const latency: Row = {
  name: 'postgres-latency',
  title:
    'PostgreSQL and RabbitMQ: from the start of a transaction to the start of the handler in another process, at 500/s',
  sides: ({ quick }) => {
    const load = quick ? { perSecond: 100, seconds: 0.5 } : { perSecond: 500, seconds: 10 }
    return onPostgres([
      { name: 'ours', title: 'Vestnik', packages, run: pacing('', load) },
      { name: 'byHand', title: hops, packages, run: pacing('raw-', load) },
    ])
  },
  requirements: [{ says: `${hops}, p50`, unit: '×', value: ratio('p50Ms', 'ours', 'byHand'), atMost: 2 }],
}

export const postgresRows: readonly Row[] = [chain, batches, consume, backlog, size, latency]

/** A tenth more to warm up with. */
function through(whose: string, perTransaction: number, count: number, arrays = true) {
  const warm = Math.ceil(count / 10 / perTransaction) * perTransaction
  return (place: PostgresPlace): Promise<Figures> =>
    endToEnd({
      writer: `postgres/${whose}place-orders.ts`,
      reader: `postgres/${whose}bill-orders.ts`,
      input: { place, perTransaction, arrays, warm, count },
    })
}

/** What was published before, by one side's own means, waits for its reader. */
function consuming(whose: string, count: number) {
  const warm = count / 10
  return async (place: PostgresPlace): Promise<Figures> => {
    await fill(`postgres/${whose}place-orders.ts`, { place, perTransaction: 50, warm, count })
    await using reading = startChild(`postgres/${whose}bill-orders.ts`, { place, perTransaction: 1, warm, count })
    await reading.next()
    const { at: from = 0 } = await reading.next()
    const { at: end = 0, cpuUs = 0 } = await reading.next()
    return { perSecond: (count / (end - from)) * 1000, cpuUs }
  }
}

/** Resolves when all of it is in the queues. */
async function fill(program: string, input: object): Promise<void> {
  await using writing = startChild(program, input)
  for (let step = 0; step < 3; step += 1) {
    await writing.next()
    writing.go()
  }
  await writing.next()
}

function relaying(size: { readonly waiting: number; readonly warm: number; readonly count: number }) {
  return async (place: PostgresPlace): Promise<Figures> => {
    await using relay = startChild('postgres/relay-backlog.ts', { place, ...size })
    await relay.next()
    return await relay.next()
  }
}

function passing(count: number) {
  return async (place: PostgresPlace): Promise<Figures> => {
    await using shop = startChild('postgres/outbox-size.ts', { place, count }, { patienceMs: 1_800_000 })
    return await shop.next()
  }
}

function pacing(whose: string, load: { readonly perSecond: number; readonly seconds: number }) {
  return async (place: PostgresPlace): Promise<Figures> => {
    await using reading = startChild(`postgres/${whose}time-orders.ts`, { place, ...load })
    await reading.next()
    await using writing = startChild(`postgres/${whose}pace-orders.ts`, { place, ...load })
    await writing.next()
    writing.go()
    const [took] = await Promise.all([reading.next(), writing.next()])
    return took
  }
}
