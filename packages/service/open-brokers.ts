/** Opens the brokers that a service has something to do with, and no others. */
import type { Contract, Route, Transport } from '@vestnik/bus'
import { type OpenedTransport, openTransport, optionsOf } from '@vestnik/transport'
import { type BrokerConfig, brokerUrlOf } from './broker.ts'
import type { Log } from './log.ts'

/** What `openBus` is told of the brokers. */
export interface OpenedBrokers extends AsyncDisposable {
  readonly transport: Transport
  readonly routes: readonly Route[]
}

export interface BrokersOptions {
  /** What the brokers' own logs call this program. */
  readonly clientId: string
  /** All that this service publishes and handles: a broker that carries none of it is left alone. */
  readonly contracts: readonly Contract[]
  readonly config: BrokerConfig & { readonly production: boolean; readonly plaintextAllowed: boolean }
  /** What an operator should know of the connections goes there. */
  readonly log: Log
}

/** @throws BusError `BAD_URL`, `BAD_OPTION`, and what the transports' own openers throw */
export async function openBrokers({ clientId, contracts, config, log }: BrokersOptions): Promise<OpenedBrokers> {
  const { brokerUrl, brokerRoutes } = config
  const carried = contracts.map(({ topic }) => brokerUrlOf(config, topic))
  const used = [brokerUrl, ...brokerRoutes.map(({ url }) => url)].filter((url) => carried.includes(url))
  const urls = [...new Set(used.length > 0 ? used : [brokerUrl])]
  await using opened = new AsyncDisposableStack()
  const transports: OpenedTransport[] = []
  for (const url of urls) transports.push(opened.use(await open(url)))
  const [transport, ...others] = transports as [OpenedTransport, ...OpenedTransport[]]
  const topicsOf = (url: string | undefined) => brokerRoutes.find((route) => route.url === url)?.topics ?? []
  const routes = others.map((other, i): Route => ({ topics: topicsOf(urls[i + 1]), transport: other }))
  const closing = opened.move()
  return { transport, routes, [Symbol.asyncDispose]: () => closing.disposeAsync() }

  function open(url: string): Promise<OpenedTransport> {
    const { plainQueues, topicNames } = config.brokerOptions
    const isHere = (topic: string) => brokerUrlOf(config, topic) === url
    return openTransport(url, {
      plainQueues: plainQueues.filter(isHere),
      topicNames: Object.fromEntries(Object.entries(topicNames).filter(([topic]) => isHere(topic))),
      ...(optionsOf(url).includes('clientId') && { clientId }),
      plaintextAllowed: !config.production || config.plaintextAllowed,
      log: (text) => log.warn(text),
    })
  }
}
