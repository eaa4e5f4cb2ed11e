/** Transports that break a promise each, made from the memory transport: what the laws must find. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Deliver, Group, Incoming, Outgoing, Transport } from '@vestnik/bus'
import { BusError, PublishError, type Refusal } from '@vestnik/bus/errors'
import { type MemoryOptions, memoryBroker } from '@vestnik/testing'
import type { TransportFacts } from './transport-bench.ts'

export interface TransportFault {
  readonly fault: string
  /** The sentences of laws that must find it. */
  readonly breaks: readonly string[]
  /** A broken broker of its own. */
  readonly open: () => Pick<TransportFacts, 'open' | 'kept'>
}

/** Breaks every member of one broker. What `wrap` returns replaces parts of the member that it is given. */
function broken(
  fault: string,
  breaks: readonly string[],
  prepare: () => (transport: Transport) => Partial<Transport>,
  options: MemoryOptions = {},
): TransportFault {
  const open = () => {
    const broker = memoryBroker(options)
    const wrap = prepare()
    return {
      open: async () => {
        const transport = broker.open()
        return { ...transport, ...wrap(transport) }
      },
      kept: async (topic: string) => broker.kept(topic),
    }
  }
  return { fault, breaks, open }
}

/** Breaks what is done around each delivery. */
const delivering = (wrap: (deliver: Deliver, group: Group) => Deliver) => (transport: Transport) => ({
  subscribe: (group: Group, deliver: Deliver) => transport.subscribe(group, wrap(deliver, group)),
})

/** Breaks what is published. */
const publishing = (wrap: (messages: readonly Outgoing[]) => readonly Outgoing[]) => (transport: Transport) => ({
  publish: (messages: readonly Outgoing[]) => transport.publish(wrap(messages)),
})

const loseOne = () => publishing((messages) => messages.filter(({ id }) => id !== 'b1'))

/** What takes many seconds to be found. */
export const slowFaults: readonly TransportFault[] = [
  broken('loses one of very many', ['a backlog of 100,000 is handed out completely, each key in order'], loseOne),
]

export const publishingFaults: readonly TransportFault[] = [
  broken(
    'loses a message',
    [
      'a message published before anybody subscribed arrives',
      'a message published after the subscription arrives',
      'a publish under way at a close either rejects or is durable',
      'members that close and join under load lose nothing and keep the order',
    ],
    loseOne,
  ),
  broken(
    'confirms before it stores',
    [
      'what publish resolved for outlives its publisher',
      'a message keeps what it was when its publisher alters its own copy afterwards',
    ],
    () => (transport) => ({
      publish: async (messages) => void sleep(5).then(() => transport.publish(messages).catch(() => {})),
    }),
  ),
  broken('gives a message to one group only', ['every group of a topic sees every message'], () => {
    const seen = new Set<string>()
    return delivering((deliver, { topic }) => async (message, signal) => {
      const name = `${topic} ${message.id}`
      if (seen.has(name)) return
      seen.add(name)
      await deliver(message, signal)
    })
  }),
  broken(
    'knows groups by their names alone',
    ['two groups of one name on different topics do not share messages'],
    () => {
      const latest = new Map<string, Deliver>()
      return delivering((deliver, { name }) => {
        latest.set(name, deliver)
        return (message, signal) => (latest.get(name) ?? deliver)(message, signal)
      })
    },
  ),
  broken(
    'starts at the latest',
    ['a group that subscribes later misses nothing published since it was ensured'],
    () => {
      const published = new Set<string>()
      return (transport) => ({
        async publish(messages) {
          for (const { id } of messages) published.add(id)
          await transport.publish(messages)
        },
        subscribe: (group, deliver) => {
          const before = new Set(published)
          return transport.subscribe(group, async (it, signal) => (before.has(it.id) ? undefined : deliver(it, signal)))
        },
      })
    },
  ),
  broken('takes headers for Latin-1', ['id, key, headers and body come out as they went in'], () =>
    publishing((messages) =>
      messages.map((message) => ({
        ...message,
        headers: Object.fromEntries(
          Object.entries(message.headers).map(([name, value]) => [
            name,
            Buffer.from(value, 'latin1').toString('latin1'),
          ]),
        ),
      })),
    ),
  ),
  broken(
    'cuts long bodies',
    ['a body as large as the traits allow arrives whole', 'id, key, headers and body come out as they went in'],
    () => publishing((messages) => messages.map((it) => ({ ...it, body: it.body.subarray(0, 100_000) }))),
  ),
  broken('takes bodies of any size', ['a body that is too large is refused and stored nowhere'], () => (transport) => ({
    traits: { ...transport.traits, maxBodyBytes: 1000 },
  })),
  broken(
    'stores what stands behind a refused message',
    ['behind a refused message its key is doubtful, and every other message is durable'],
    () => (transport) => ({ publish: (messages) => oneByOne(transport, messages) }),
  ),
  broken(
    'stores nothing of a batch with a refused message',
    ['behind a refused message its key is doubtful, and every other message is durable'],
    () => (transport) => ({
      async publish(messages) {
        if (messages.every(({ body }) => body.length <= transport.traits.maxBodyBytes))
          return transport.publish(messages)
        await transport.publish(messages.filter(({ key }) => key === 'a'))
      },
    }),
  ),
  broken('drops what is for no topic', ['a message for a topic that does not exist is refused'], () => (transport) => ({
    publish: (messages) => transport.publish(messages.filter(({ topic }) => !topic.startsWith('nowhere'))),
  })),
  broken('refuses what nobody reads', ['a message for a topic without groups counts as sent'], () => {
    const read = new Set<string>()
    return (transport) => ({
      async ensure(topology) {
        for (const { topic } of topology.groups) read.add(topic)
        await transport.ensure(topology)
      },
      async publish(messages) {
        const refused = messages.filter(({ topic }) => !read.has(topic)).map(({ id }) => refusal(id))
        if (refused.length > 0) throw new PublishError('publish: nobody reads it', { doubtful: [], refused })
        await transport.publish(messages)
      },
    })
  }),
  broken('never answers for an empty batch', ['an empty batch is published at once'], () => (transport) => ({
    publish: (messages) => (messages.length === 0 ? new Promise(() => {}) : transport.publish(messages)),
  })),
  broken('sends a batch to the topic of its first message', ['one batch may be for several topics'], () =>
    publishing((messages) => messages.map((message) => ({ ...message, topic: messages[0]?.topic ?? message.topic }))),
  ),
  broken(
    'lets calls overtake each other',
    ['what many callers publish at once arrives, each key in the order of its calls'],
    () => (transport) => ({
      async publish(messages) {
        if (messages.some(({ id }) => id.endsWith('3'))) await sleep(20)
        await transport.publish(messages)
      },
    }),
  ),
]

export const deliveryFaults: readonly TransportFault[] = [
  broken('turns batches round', ['the messages of a key come one after another, as they were published'], () =>
    publishing((messages) => messages.toReversed()),
  ),
  broken(
    'knows no order',
    [
      'the messages of a key come one after another, as they were published',
      'the later messages of a key wait while an earlier one runs',
      'a message that is handed back comes again before any later one of its key',
    ],
    () => (transport) => ({
      ensure: ({ topics, groups }) =>
        transport.ensure({ topics, groups: groups.map((group) => ({ ...group, order: 'none' as const })) }),
    }),
  ),
  broken(
    'puts what is handed back behind all others',
    [
      'a message that is handed back comes again before any later one of its key',
      'every message ends when many are handed back, each key in order',
    ],
    () => (transport) => ({
      subscribe: (group, deliver) =>
        transport.subscribe(group, async (message, signal) => {
          await (async () => deliver(message, signal))().catch(() => transport.publish([message]))
        }),
    }),
  ),
  broken(
    'takes all keys for one',
    [
      'a message that is handed back holds up no other key',
      'a slow message holds up no other key',
      'messages without a key wait for none',
      "as many deliveries run at once as the group's concurrency, and never more",
    ],
    () => (transport) => ({
      publish: (messages) => transport.publish(messages.map((it) => ({ ...it, key: 'all' }))),
      subscribe: (group, deliver) =>
        transport.subscribe(group, ({ key: _, ...message }, signal) => deliver(withKeyOf(message), signal)),
    }),
  ),
  broken(
    'hands everything out twice',
    [
      'in a quiet run each message is handed out once and not called redelivered',
      'the members of a group share its messages, each is handed out once',
      'members that drain and join under load lose nothing, double nothing and keep the order',
    ],
    () =>
      delivering((deliver) => async (message, signal) => {
        await deliver(message, signal)
        await deliver(message, signal)
      }),
  ),
  broken('leaves everything to the first member', ['a member that joins under load gets a share'], () => {
    const taken = new Set<string>()
    return (transport) => ({
      async subscribe(group, deliver) {
        if (taken.has(group.name)) return { drain: async () => {} }
        taken.add(group.name)
        return transport.subscribe(group, deliver)
      },
    })
  }),
  broken(
    'calls everything redelivered',
    ['in a quiet run each message is handed out once and not called redelivered'],
    () => delivering((deliver) => (message, signal) => deliver({ ...message, redelivered: true }, signal)),
  ),
  broken(
    'calls nothing redelivered',
    [
      'what is handed back comes again and is called redelivered',
      'at the deadline of a drain the signals abort, and the rest comes again elsewhere',
      'a close waits for no handler, and what ran comes again elsewhere',
    ],
    () => delivering((deliver) => (message, signal) => deliver({ ...message, redelivered: false }, signal)),
  ),
  broken('ends what was handed back', ['what is handed back comes again and is called redelivered'], () =>
    delivering((deliver) => async (message, signal) => {
      await (async () => deliver(message, signal))().catch(() => {})
    }),
  ),
  broken('takes a throw for an end', ['it is handed back however a delivery fails'], () =>
    delivering((deliver) => (message, signal) => {
      try {
        return deliver(message, signal)
      } catch {
        return Promise.resolve()
      }
    }),
  ),
  broken('spins', ['what is handed back comes again after a pause, not at once'], () => () => ({}), {
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
  }),
  broken('forgets what has ended', ['what has ended does not come again to the next member'], () => {
    const published: Outgoing[] = []
    const read = new Set<string>()
    return (transport) => ({
      async publish(messages) {
        published.push(...messages)
        await transport.publish(messages)
      },
      async subscribe(group, deliver) {
        const again = read.has(group.name) ? published.filter(({ topic }) => topic === group.topic) : []
        read.add(group.name)
        await transport.publish(again)
        return transport.subscribe(group, deliver)
      },
    })
  }),
  broken(
    'knows no bound of concurrency',
    [
      "as many deliveries run at once as the group's concurrency, and never more",
      'with a concurrency of one, one delivery runs at a time',
    ],
    () => (transport) => ({
      subscribe: (group, deliver) => transport.subscribe({ ...group, concurrency: 1000 }, deliver),
    }),
  ),
  broken('runs one delivery for all groups', ['the concurrency of one group is not used up by another'], () => {
    let last: Promise<unknown> = Promise.resolve()
    return delivering((deliver) => (message, signal) => {
      const mine = last.then(() => deliver(message, signal))
      last = mine.catch(() => {})
      return mine
    })
  }),
  {
    fault: 'keeps everything behind a slow message',
    breaks: ["one slow message does not stop the broker's clean-up"],
    open() {
      const broker = memoryBroker()
      return { open: async () => broker.open(), kept: async () => 10_000 }
    },
  },
]

export const lifecycleFaults: readonly TransportFault[] = [
  broken('ensures only once', ['ensure may be repeated, and by several members at once'], () => {
    const made = new Set<string>()
    return (transport) => ({
      async ensure(topology) {
        for (const { name } of topology.groups) {
          if (made.has(name)) throw new BusError('TOPOLOGY_CONFLICT', `ensure: ${name} is there`)
          made.add(name)
        }
        await transport.ensure(topology)
      },
    })
  }),
  broken(
    'makes a topic larger without a word',
    ['ensure of a topic with more partitions than it has is a conflict and alters nothing'],
    () => (transport) => ({
      ensure: ({ topics, groups }) =>
        transport.ensure({ groups, topics: topics.map((topic) => ({ ...topic, partitions: 1 })) }),
    }),
  ),
  broken(
    'empties a topic that it ensures',
    ['ensure of more groups leaves alone what a topic and its other groups hold'],
    () => {
      const published = new Map<string, string>()
      const emptied = new Set<string>()
      return (transport) => ({
        async ensure(topology) {
          await transport.ensure(topology)
          for (const { name } of topology.topics) {
            for (const [id, topic] of published) if (topic === name) emptied.add(id)
          }
        },
        async publish(messages) {
          for (const { id, topic } of messages) published.set(id, topic)
          await transport.publish(messages)
        },
        subscribe: (group, deliver) =>
          transport.subscribe(group, async (it, signal) => (emptied.has(it.id) ? undefined : deliver(it, signal))),
      })
    },
  ),
  broken('drains at once', ['a drain takes nothing new and waits for what runs'], () => (transport) => ({
    async subscribe(group, deliver) {
      await transport.subscribe(group, deliver)
      return { drain: async () => {} }
    },
  })),
  broken(
    'knows no deadline',
    ['at the deadline of a drain the signals abort, and the rest comes again elsewhere'],
    () => (transport) => ({
      async subscribe(group, deliver) {
        const subscription = await transport.subscribe(group, deliver)
        return { drain: () => subscription.drain() }
      },
    }),
  ),
  broken(
    'takes a late end for an end',
    [
      'what a delivery does after its signal aborted changes nothing',
      'what a delivery does after a close changes nothing',
    ],
    () => {
      const ended = new Set<string>()
      return delivering((deliver, { name }) => async (message, signal) => {
        const held = `${name} ${message.id}`
        if (ended.has(held)) return
        await deliver(message, signal)
        ended.add(held)
      })
    },
  ),
  broken('drains only once', ['a drain may be repeated, and is at once done when nothing runs'], () => (transport) => ({
    async subscribe(group, deliver) {
      const subscription = await transport.subscribe(group, deliver)
      let drained = false
      return {
        async drain(deadline) {
          if (drained) await new Promise(() => {})
          drained = true
          await subscription.drain(deadline)
        },
      }
    },
  })),
  broken(
    'closes with its first drain',
    ['a member that has drained one group still publishes and reads others'],
    () => (transport) => ({
      async subscribe(group, deliver) {
        const subscription = await transport.subscribe(group, deliver)
        return { drain: (deadline) => subscription.drain(deadline).then(transport.close) }
      },
    }),
  ),
  broken(
    'waits for handlers at a close',
    ['a close waits for no handler, and what ran comes again elsewhere'],
    () => (transport) => {
      const drains: (() => Promise<void>)[] = []
      return {
        async subscribe(group, deliver) {
          const subscription = await transport.subscribe(group, deliver)
          drains.push(() => subscription.drain())
          return subscription
        },
        close: () => Promise.all(drains.map((drain) => drain())).then(transport.close),
      }
    },
  ),
  broken(
    'goes on after a close',
    ['a close hands out nothing more', 'nothing can be published, ensured or subscribed after a close'],
    () => () => ({ close: async () => {} }),
  ),
  broken('closes only once', ['close may be repeated'], () => (transport) => {
    let closed = false
    return {
      async close() {
        if (closed) throw new BusError('TRANSPORT_CLOSED', 'close: it is closed')
        closed = true
        await transport.close()
      },
    }
  }),
  broken(
    'is always ready',
    ['health is ready while the broker answers, and gives a reason after a close'],
    () => () => ({ health: () => ({ ready: true }) }),
  ),
]

const refusal = (id: string): Refusal => ({ id, code: 'UNKNOWN_TOPIC' })

async function oneByOne(transport: Transport, messages: readonly Outgoing[]): Promise<void> {
  const refused: Refusal[] = []
  for (const message of messages) {
    await transport.publish([message]).catch((error: PublishError) => refused.push(...error.refused))
  }
  if (refused.length > 0) throw new PublishError('publish: some were refused', { doubtful: [], refused })
}

/** The key that the laws' ids tell. */
function withKeyOf(message: Omit<Incoming, 'key'>): Incoming {
  const key = /^[a-z]+/.exec(message.id)?.[0]
  return key === undefined ? message : { ...message, key }
}
