/** A member of the socket broker: the transport that other processes open in the tests of the laws. */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Deliver, Group, Incoming, Outgoing, Subscription, Topology, Transport } from '@vestnik/bus'
import { BusError, PublishError } from '@vestnik/bus/errors'
import { framesOf, sendFrame } from './frames.fixture.ts'
import { heldName, type Push, type Request } from './socket-broker.fixture.ts'

/** What a broken member may do wrong. */
export type MemberFault =
  | 'confirms before it sends'
  | 'ensures later'
  | 'gives up at once'
  | 'confirms while the broker is gone'
  | 'stays away after an outage'
  | 'aborts no signal'
  | 'tells its late ends'
  | 'goes on with its keys'
  | 'hoards'

export interface SocketTransportOptions {
  readonly port: number
  readonly faults?: readonly MemberFault[]
}

interface Call {
  resolve(): void
  reject(error: Error): void
}

export async function openSocketTransport({ port, faults = [] }: SocketTransportOptions): Promise<Transport> {
  const has = (fault: MemberFault) => faults.includes(fault)
  const calls = new Map<number, Call>()
  const reads = new Map<string, { readonly group: Group; readonly deliver: Deliver }>()
  const running = new Map<number, AbortController>()
  const hoard: unknown[] = []
  let socket: Socket | undefined
  let count = 0
  let closed = false
  let joinedBefore = false

  const unreachable = (what: string) => new BusError('BROKER_UNREACHABLE', `${what}: the broker at ${port} is away`)

  function call(request: Request & { readonly call: number }): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    calls.set(request.call, { resolve, reject })
    if (socket) sendFrame(socket, request)
    else reject(unreachable(request.do))
    return promise.finally(() => calls.delete(request.call))
  }

  const next = () => {
    count += 1
    return count
  }

  function take(from: Socket, it: Push): void {
    if (it.say === 'ask') sendFrame(from, { do: 'alive' } satisfies Request)
    if (it.say === 'done') calls.get(it.call)?.resolve()
    if (it.say === 'failed') calls.get(it.call)?.reject(new BusError(it.code, it.message))
    if (it.say === 'exceptions') calls.get(it.call)?.reject(new PublishError(it.message, it))
    if (it.say === 'abort') abort(it.delivery)
    if (it.say === 'deliver') void deliver(from, it)
  }

  function abort(delivery: number): void {
    if (!has('aborts no signal')) running.get(delivery)?.abort()
    running.delete(delivery)
  }

  async function deliver(from: Socket, { delivery, group, message }: Push & { say: 'deliver' }): Promise<void> {
    const controller = new AbortController()
    running.set(delivery, controller)
    if (has('hoards')) hoard.push(message, Buffer.alloc(2000, 1))
    const fine = await (async () => reads.get(nameOf(group))?.deliver(message, controller.signal))().then(
      () => true,
      () => false,
    )
    running.delete(delivery)
    sendFrame(from, { do: 'end', delivery, fine } satisfies Request)
    await goWrong(from, group, message)
  }

  /** What a member does wrong when it does not know that it has lost the message. */
  async function goWrong(from: Socket, group: Group, message: Incoming): Promise<void> {
    if (!has('tells its late ends') && !has('goes on with its keys')) return
    await sleep(50)
    while (!socket) await sleep(10)
    if (!from.destroyed) return
    if (has('tells its late ends'))
      sendFrame(socket, { do: 'end any', held: heldName(group, message) } satisfies Request)
    else await reads.get(nameOf(group))?.deliver({ ...message, id: message.id.replace('1', '2') }, AbortSignal.abort())
  }

  /** Connects, and again whenever the connection is lost. */
  function join(): Promise<void> {
    return new Promise((joined, failed) => {
      const opening = connect(port, '127.0.0.1', () => {
        socket = opening
        joinedBefore = true
        framesOf<Push>(opening, (it) => take(opening, it))
        const again = has('stays away after an outage') ? [] : [...reads.values()]
        for (const { group } of again) void call({ do: 'subscribe', call: next(), group }).catch(() => {})
        joined()
      })
      opening.on('error', () => {
        if (!has('gives up at once') || joinedBefore) return
        closed = true
        failed(unreachable('open'))
      })
      opening.once('close', async () => {
        socket = undefined
        for (const delivery of [...running.keys()]) abort(delivery)
        for (const { reject } of calls.values()) reject(unreachable('call'))
        await sleep(30)
        if (!closed) await join()
        joined()
      })
    })
  }

  async function publish(messages: readonly Outgoing[]): Promise<void> {
    const send = () => call({ do: 'publish', call: next(), messages })
    if (has('confirms before it sends')) return void sleep(50).then(send, () => {})
    await send().catch((error: unknown) => {
      if (error instanceof PublishError) throw error
      if (has('confirms while the broker is gone')) return
      throw new PublishError(`publish: ${String(error)}`, { doubtful: messages.map(({ id }) => id), refused: [] })
    })
  }

  async function subscribe(group: Group, deliver: Deliver): Promise<Subscription> {
    reads.set(nameOf(group), { group, deliver })
    await call({ do: 'subscribe', call: next(), group })
    return {
      async drain(deadline) {
        if (closed || !socket) return
        const late = () => socket && sendFrame(socket, { do: 'deadline', group } satisfies Request)
        if (deadline?.aborted) late()
        deadline?.addEventListener('abort', late)
        await call({ do: 'drain', call: next(), group })
        reads.delete(nameOf(group))
      },
    }
  }

  const open = (what: string) => {
    if (closed) throw new BusError('TRANSPORT_CLOSED', `${what}: the transport is closed`)
  }
  await join()
  return {
    name: 'socket',
    traits: { retainsHistory: false, maxBodyBytes: 1024 * 1024 },
    async ensure(topology: Topology) {
      open('ensure')
      const make = () => call({ do: 'ensure', call: next(), topology })
      if (has('ensures later')) void sleep(50).then(make, () => {})
      else await make()
    },
    async publish(messages) {
      open('publish')
      await publish(messages)
    },
    async subscribe(group, deliver) {
      open('subscribe')
      return subscribe(group, deliver)
    },
    health: () => (socket && !closed ? { ready: true } : { ready: false, reason: unreachable('health').message }),
    async close() {
      closed = true
      reads.clear()
      socket?.end()
      socket?.destroy()
    },
  }
}

const nameOf = (group: Group) => `${group.topic} ${group.name}`
