/** Where the instances of each service listen, and where the others and people find the service. */
import { freePorts } from '../../tools/start/free-ports.ts'
import type { Placed } from '../../tools/start/ports.ts'
import { type KnownService, known } from '../../tools/start/services.ts'
import { type Instance, openBalancer } from './balancer.ts'
import type { Links } from './targets.ts'

export interface PlacedService {
  /** What others are told of it. */
  readonly front: Placed
  /** Those that lead to it. */
  readonly links?: Links
  /** Each of its instances. */
  readonly own: readonly Placed[]
}

/** What people and other services call over HTTP. */
const called = ['gateway', 'users', 'films']

/** The mailbox is one, and nothing stands before it. */
export async function placeServices(
  count: number,
  instancesOf: (service: string) => readonly Instance[],
  stack: AsyncDisposableStack,
): Promise<readonly PlacedService[]> {
  const wanted = known.map((service) => ({ service, many: service.name === 'mailbox' ? 1 : count }))
  // All at once: a port that was given back may be given out again.
  const ports = [...(await freePorts(wanted.reduce((sum, { service, many }) => sum + many * service.ports.length, 0)))]
  const places: PlacedService[] = []
  for (const { service, many } of wanted) {
    const own = Array.from({ length: many }, () => placed(service, ports.splice(0, service.ports.length)))
    const [first = placed(service, [])] = own
    if (!called.includes(service.name)) {
      places.push({ front: first, own })
      continue
    }
    const balancer = stack.use(await openBalancer(() => instancesOf(service.name)))
    places.push({ front: placed(service, [balancer.port]), links: balancer, own })
  }
  return places
}

function placed(service: KnownService, ports: readonly number[]): Placed {
  return {
    name: service.name,
    service,
    ports: Object.fromEntries(service.ports.map(({ variable }, i) => [variable, ports[i] ?? 0])),
    url: `http://127.0.0.1:${ports[0]}`,
  }
}
