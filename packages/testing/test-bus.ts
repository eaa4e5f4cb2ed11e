/** A bus for the tests of its users: the real engine on a store and a broker in memory, under a clock that the test moves. */
import { type Bus, type BusOptions, openBus, type Ports, type Tx } from '@vestnik/bus'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { watchWork } from './busy-store.ts'
import { type TestClock, testClock } from './clock.ts'
import { memoryBroker } from './memory-transport.ts'

export interface TestBusOptions
  extends Pick<BusOptions, 'handlers' | 'publishes' | 'log' | 'heldLimit' | 'rememberMs'> {
  /** @default 'test' */
  readonly service?: string
  /** Where the clock starts: milliseconds since 1970. @default 2026-01-01 */
  readonly start?: number
}

export interface TestBus extends Bus<Tx> {
  readonly clock: TestClock
  /** Moves the clock; what is due in that time has run when it resolves. */
  advance(ms: number): Promise<void>
  /** Moves the clock until all that was published has been handled or is dead: retries and delays take no real time. */
  settled(): Promise<void>
}

/** Opens a bus that needs no disk, no broker and no waiting. Chance is fixed: the same test takes the same course. */
export async function openTestBus(options: TestBusOptions = {}): Promise<TestBus> {
  const { store, idle } = watchWork(await openSqliteStore(':memory:'))
  const clock = testClock(options.start, () => !idle())
  const broker = memoryBroker({ sleep: clock.sleep })
  const transport = broker.open()
  const opening = openBus({ ...options, service: options.service ?? 'test', store, transport, ports: testPorts(clock) })
  const bus = await whileTimeMoves(opening, clock)

  const close = async () => {
    await whileTimeMoves(bus.close(), clock)
    await transport.close()
    await store.close()
  }
  return {
    ...bus,
    clock,
    advance: clock.advance,
    settled: () => whileTimeMoves(bus.settled(), clock),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Ports for an engine under the clock: ids are numbered, chance is a fixed sequence. */
export function testPorts(clock: TestClock): Ports {
  let ids = 0
  let seed = 1
  return {
    now: clock.now,
    sleep: clock.sleep,
    random: () => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    },
    id: () => `id-${++ids}`,
    crash: () => {},
  }
}

async function whileTimeMoves<R>(work: Promise<R>, clock: TestClock): Promise<R> {
  let ended = false
  const end = () => {
    ended = true
  }
  work.then(end, end)
  while (!ended) await clock.next()
  return work
}
