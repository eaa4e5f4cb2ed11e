/** A broker for the tests of the laws: a memory broker behind a socket, so that members in other processes can be killed. */
import { createServer, type Server, type Socket } from 'node:net'
import type { Deliver, Group, Incoming, Outgoing, Subscription, Topology } from '@vestnik/bus'
import { BusError, PublishError } from '@vestnik/bus/errors'
import { type MemoryBroker, memoryBroker } from '@vestnik/testing'
import { framesOf, sendFrame } from './frames.fixture.ts'

/** What a broken broker may do wrong. */
export type BrokerFault =
  | 'keeps what the dead held'
  | 'forgets ends with the member'
  | 'lease never ends'
  | 'takes over as new'
  | 'takes an end for all before it'
  | 'tears'

export interface SocketBroker {
  readonly port: number
  readonly memory: MemoryBroker
  /** Away for all members, with all that it holds. */
  stop(): Promise<void>
  /** Back. */
  start(): Promise<void>
}

export type Request =
  | { readonly do: 'ensure'; readonly call: number; readonly topology: Topology }
  | { readonly do: 'publish'; readonly call: number; readonly messages: readonly Outgoing[] }
  | { readonly do: 'subscribe'; readonly call: number; readonly group: Group }
  | { readonly do: 'drain'; readonly call: number; readonly group: Group }
  | { readonly do: 'deadline'; readonly group: Group }
  | { readonly do: 'end'; readonly delivery: number; readonly fine: boolean }
  /** Ends whatever delivery of the message runs, at any member: what no broker may offer. */
  | { readonly do: 'end any'; readonly held: string }
  | { readonly do: 'alive' }

export type Push =
  | { readonly say: 'done'; readonly call: number }
  | { readonly say: 'failed'; readonly call: number; readonly message: string; readonly code: BusError['code'] }
  | {
      readonly say: 'exceptions'
      readonly call: number
      readonly message: string
      readonly doubtful: PublishError['doubtful']
      readonly refused: PublishError['refused']
    }
  | { readonly say: 'deliver'; readonly delivery: number; readonly group: Group; readonly message: Incoming }
  | { readonly say: 'abort'; readonly delivery: number }
  | { readonly say: 'ask' }

export async function startSocketBroker(leaseMs: number, faults: readonly BrokerFault[] = []): Promise<SocketBroker> {
  const memory = memoryBroker()
  const sockets = new Set<Socket>()
  const all: AllMembers = { seen: new Set(), anyEnds: new Map() }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    serveMember(memory, socket, leaseMs, faults, all)
  })
  const port = await listen(server, 0)
  server.unref()
  return {
    port,
    memory,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
    async start() {
      await listen(server, port)
      server.unref()
    },
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

interface AllMembers {
  readonly seen: Set<string>
  readonly anyEnds: Map<string, Set<(fine: boolean) => void>>
}

/** Names a message in a group. */
export const heldName = (group: Group, { id }: Incoming): string => `${nameOf(group)} ${id}`

function serveMember(
  memory: MemoryBroker,
  socket: Socket,
  leaseMs: number,
  faults: readonly BrokerFault[],
  { seen, anyEnds }: AllMembers,
): void {
  const transport = memory.open()
  const subscriptions = new Map<string, { readonly subscription: Subscription; readonly deadline: AbortController }>()
  const ends = new Map<number, (fine: boolean) => void>()
  const push = (it: Push) => sendFrame(socket, it)
  const ended: Outgoing[] = []
  let aliveAt = performance.now()
  let deliveries = 0

  const heartbeat = setInterval(() => {
    if (performance.now() - aliveAt > leaseMs && !faults.includes('lease never ends')) socket.destroy()
    else push({ say: 'ask' })
  }, leaseMs / 4).unref()
  socket.once('close', () => {
    clearInterval(heartbeat)
    if (faults.includes('forgets ends with the member')) void memory.open().publish(ended)
    if (!faults.includes('keeps what the dead held')) void transport.close()
  })
  socket.on('error', () => {})

  const deliverTo =
    (group: Group): Deliver =>
    async (message, signal) => {
      deliveries += 1
      const delivery = deliveries
      const end = Promise.withResolvers<boolean>()
      ends.set(delivery, end.resolve)
      const held = heldName(group, message)
      anyEnds.set(held, (anyEnds.get(held) ?? new Set()).add(end.resolve))
      signal.addEventListener('abort', () => push({ say: 'abort', delivery }))
      push({ say: 'deliver', delivery, group, message: told(message, faults, seen, held) })
      const fine = await end.promise
      ends.delete(delivery)
      if (!fine) throw new Error('handed back')
      if (faults.includes('forgets ends with the member')) ended.push(message)
    }

  async function answer(request: Request): Promise<void> {
    aliveAt = performance.now()
    if (request.do === 'ensure') await transport.ensure(request.topology)
    if (request.do === 'publish') await transport.publish(request.messages.map((message) => stored(message, faults)))
    if (request.do === 'subscribe') {
      const subscription = await transport.subscribe(request.group, deliverTo(request.group))
      subscriptions.set(nameOf(request.group), { subscription, deadline: new AbortController() })
    }
    if (request.do === 'drain') {
      const { subscription, deadline } = subscriptions.get(nameOf(request.group)) ?? {}
      await subscription?.drain(deadline?.signal)
    }
    if (request.do === 'deadline') subscriptions.get(nameOf(request.group))?.deadline.abort()
    if (request.do === 'end') ends.get(request.delivery)?.(request.fine)
    if (request.do === 'end' && faults.includes('takes an end for all before it')) {
      for (const [delivery, end] of ends) if (delivery < request.delivery) end(true)
    }
    if (request.do === 'end any') for (const end of anyEnds.get(request.held) ?? []) end(true)
    if ('call' in request) push({ say: 'done', call: request.call })
  }

  framesOf<Request>(socket, (request) => {
    answer(request).catch((error: unknown) => {
      if ('call' in request) push(failure(request.call, error))
    })
  })
}

function failure(call: number, error: unknown): Push {
  const message = String(error)
  if (error instanceof PublishError) {
    return { say: 'exceptions', call, message, doubtful: error.doubtful, refused: error.refused }
  }
  return { say: 'failed', call, message, code: error instanceof BusError ? error.code : 'BROKER_UNREACHABLE' }
}

function told(message: Incoming, faults: readonly BrokerFault[], seen: Set<string>, held: string): Incoming {
  const before = seen.has(held)
  seen.add(held)
  return faults.includes('takes over as new') && before ? { ...message, redelivered: false } : message
}

function stored(message: Outgoing, faults: readonly BrokerFault[]): Outgoing {
  return faults.includes('tears') && message.id.endsWith('7')
    ? { ...message, body: message.body.slice(0, -1) }
    : message
}

const nameOf = (group: Group) => `${group.topic} ${group.name}`
