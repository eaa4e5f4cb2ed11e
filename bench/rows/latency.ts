/** How soon a handler in another process starts, against two commits and two wakes by hand; and what idling costs. */
import { startChild } from '../harness/child.ts'
import { type Figures, figureOf, type Row, ratio, type Settings, type Side } from '../harness/row.ts'

const byHand = 'two commits and two wakes by hand'

export const latency: Row = {
  name: 'latency',
  title: 'from the start of a transaction to the start of the handler in another process, at 1,000/s',
  sides: (settings) => [ours(settings), hops(settings), idle(settings)],
  requirements: [
    { says: `${byHand}, p50`, unit: '×', value: ratio('p50Ms', 'ours', 'byHand'), atMost: 4 },
    { says: `${byHand}, p99`, unit: '×', value: ratio('p99Ms', 'ours', 'byHand'), atMost: 8 },
    { says: 'of a core, idle', unit: '%', value: (medians) => figureOf(medians, 'idle', 'cpuPercent'), atMost: 0.5 },
  ],
}

export const load = ({ quick }: Settings): { perSecond: number; seconds: number } =>
  quick ? { perSecond: 100, seconds: 0.5 } : { perSecond: 1_000, seconds: 10 }

function ours(settings: Settings): Side {
  return {
    name: 'ours',
    title: 'Vestnik',
    run: (folder) => timeOrders({ folder, ...load(settings) }),
  }
}

/** One process places orders at a steady rate, and another one times when they come. */
export async function timeOrders(input: object): Promise<Figures> {
  await using reading = startChild('programs/time-orders.ts', input)
  await reading.next()
  await using writing = startChild('programs/pace-orders.ts', input)
  await writing.next()
  writing.go()
  const [took] = await Promise.all([reading.next(), writing.next()])
  return took
}

function hops(settings: Settings): Side {
  return {
    name: 'byHand',
    title: byHand,
    async run(folder) {
      const input = { folder, ...load(settings) }
      await using pong = startChild('by-hand/pong.ts', input)
      await pong.next()
      await using ping = startChild('by-hand/ping.ts', input)
      await ping.next()
      ping.go()
      return await ping.next()
    },
  }
}

function idle({ quick }: Settings): Side {
  return {
    name: 'idle',
    title: 'Vestnik, an idle process',
    async run(folder) {
      await using child = startChild('programs/idle.ts', { folder, seconds: quick ? 0.5 : 20 })
      return await child.next()
    },
  }
}
