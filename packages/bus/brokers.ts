/** Brokers: each topic has exactly one, so that what waits for one of them is never held up by another. */
import type { Route } from './bus.ts'
import { BusError } from './errors.ts'
import type { Transport } from './transport.ts'

export interface Broker {
  /** For people and for leases: the transport's name, with the route's topics where another has that name too. */
  readonly name: string
  readonly transport: Transport
  /** Which topics it carries; undefined: all. */
  readonly carries: ((topic: string) => boolean) | undefined
}

export interface Brokers {
  /** The first carries what no route names. */
  readonly all: readonly Broker[]
  of(topic: string): Broker
}

/**
 * The brokers of a bus that knows these topics. A topic that it does not know is with the first route that names it.
 * @throws BusError `BAD_OPTION` for a route that is none, or a topic in two of them
 */
export function brokersOf(transport: Transport, routes: readonly Route[], topics: Iterable<string>): Brokers {
  for (const topic of routes.flatMap((route) => route.topics)) checkPattern(topic)
  for (const topic of topics) checkOneRoute(routes, topic)
  const routeOf = (topic: string) => routes.find((route) => isOneOf(route.topics, topic))
  const taken = new Set([transport.name])
  const routed = routes.map((route): Broker => {
    const name = taken.has(route.transport.name)
      ? `${route.transport.name} (${route.topics.join(', ')})`
      : route.transport.name
    taken.add(name)
    return { name, transport: route.transport, carries: (topic) => routeOf(topic) === route }
  })
  const carries = routes.length === 0 ? undefined : (topic: string) => routeOf(topic) === undefined
  const first = { name: transport.name, transport, carries }
  const known = new Map<string, Broker>()
  return {
    all: [first, ...routed],
    of(topic) {
      const broker = known.get(topic) ?? routed.find(({ carries }) => carries?.(topic)) ?? first
      known.set(topic, broker)
      return broker
    },
  }
}

/** Whether one of the names is the topic's, or the beginning of it with `*` behind. */
export function isOneOf(names: readonly string[], topic: string): boolean {
  return names.some((name) => (name.endsWith('*') ? topic.startsWith(name.slice(0, -1)) : topic === name))
}

function checkPattern(topic: string): void {
  if (/^[A-Za-z][A-Za-z0-9._-]{0,118}[A-Za-z0-9._*-]?$/.test(topic)) return
  throw new BusError(
    'BAD_OPTION',
    `open bus: routes: ${JSON.stringify(topic)} must be a topic's name, or the beginning of one and *, such as mail.*`,
  )
}

function checkOneRoute(routes: readonly Route[], topic: string): void {
  const [one, other] = routes.filter((route) => isOneOf(route.topics, topic))
  if (one === undefined || other === undefined) return
  const [first, second] = [one, other].map((route) => route.topics.join(', '))
  throw new BusError(
    'BAD_OPTION',
    `open bus: routes: topic ${topic} is in two of them (${first} and ${second}); it must be in one`,
  )
}
