/** The bus's places at a broker: made, then subscribed to; a broker that is away is waited for. */
import type { Engine } from './engine.ts'
import { hasCode } from './errors.ts'
import type { Place } from './place.ts'
import type { Deliver, Subscription, Topology, Transport } from './transport.ts'
import { untilDeadline } from './until-deadline.ts'

export interface Subscriptions {
  /** Why messages are not taken yet; undefined when they are. */
  trouble(): string | undefined
  drain(deadline: AbortSignal): Promise<void>
}

/** How long opening a bus waits for the broker, so that a conflict is told at start. */
const startMs = 2_000
const retryMs = 1_000

/**
 * Resolves when every place is made and subscribed to, or after two seconds, going on in private. `ensured` is called
 * when the places are made.
 * @throws BusError `TOPOLOGY_CONFLICT` and `BAD_OPTION`, when these are answered in that time
 */
export async function subscribeAll(
  engine: Pick<Engine, 'ports' | 'log'>,
  transport: Transport,
  topology: Topology,
  places: readonly { readonly place: Place; readonly deliver: Deliver }[],
  ensured: () => void,
): Promise<Subscriptions> {
  const { ports, log } = engine
  const stopped = new AbortController()
  const subscriptions: Subscription[] = []
  let trouble: string | undefined = `${transport.name} has not answered yet`

  const attempt = async () => {
    await transport.ensure(topology)
    ensured()
    for (const { place, deliver } of places.slice(subscriptions.length)) {
      if (stopped.signal.aborted) return
      const { topic, group: name, concurrency, order } = place
      subscriptions.push(await transport.subscribe({ topic, name, concurrency, order }, deliver))
    }
    trouble = undefined
  }

  const keepTrying = async (error: unknown) => {
    for (let failure = error; failure !== undefined && !stopped.signal.aborted; ) {
      trouble = failure instanceof Error ? failure.message : String(failure)
      log({
        level: 'warn',
        message: `${transport.name} does not have our places yet; it is tried again`,
        error: failure,
      })
      await ports.sleep(retryMs, stopped.signal)
      failure = await attempt().then(
        () => undefined,
        (again: unknown) => again,
      )
    }
  }

  const first = attempt()
  const opened = new AbortController()
  const started = await Promise.race([
    first.then(
      () => undefined,
      (error: unknown) => ({ error }),
    ),
    ports.sleep(startMs, opened.signal).then(() => undefined),
  ])
  opened.abort()
  if (started && hasCode(started.error, 'TOPOLOGY_CONFLICT', 'BAD_OPTION')) {
    await Promise.all(subscriptions.map((subscription) => subscription.drain(AbortSignal.abort())))
    throw started.error
  }
  const ended = first.catch(keepTrying)

  return {
    trouble: () => trouble,
    async drain(deadline) {
      stopped.abort()
      trouble = 'the bus is closed'
      await untilDeadline(ended, deadline)
      await Promise.all(subscriptions.map((subscription) => subscription.drain(deadline)))
    },
  }
}
