/** Working off what a group holds, against the same messages when they are new. */
import { startChild } from '../harness/child.ts'
import { endToEnd } from '../harness/end-to-end.ts'
import { type Figures, type Row, ratio, type Side } from '../harness/row.ts'

interface Backlog {
  readonly kind: 'on' | 'effect'
  readonly keys: number
  readonly processes: number
  readonly count: number
}

export const held: Row = {
  name: 'held',
  title: 'messages that a group holds, worked off when nothing stands in their way any more',
  sides: ({ quick }) => {
    const count = quick ? 200 : 20_000
    return [
      fresh(quick ? 200 : 60_000),
      workedOff('on', { kind: 'on', keys: 30, processes: 1, count }),
      workedOff('onInTwo', { kind: 'on', keys: 30, processes: 2, count }),
      workedOff('onManyKeys', { kind: 'on', keys: 1_000, processes: 1, count }),
      workedOff('effect', { kind: 'effect', keys: 30, processes: 1, count }),
      workedOff('effectInTwo', { kind: 'effect', keys: 30, processes: 2, count }),
    ]
  },
  requirements: [
    { says: 'new messages, the whole chain', unit: '×', value: ratio('perSecond', 'on', 'fresh'), atLeast: 0.15 },
    { says: 'new messages, for effects', unit: '×', value: ratio('perSecond', 'effect', 'fresh'), atLeast: 0.06 },
    { says: 'one process, by two', unit: '×', value: ratio('perSecond', 'onInTwo', 'on'), atLeast: 0.7 },
    {
      says: 'one process, by two, effects',
      unit: '×',
      value: ratio('perSecond', 'effectInTwo', 'effect'),
      atLeast: 0.7,
    },
  ],
}

function fresh(count: number): Side {
  return {
    name: 'fresh',
    title: 'new messages, as in `chain`',
    run: (folder) =>
      endToEnd({
        writer: 'programs/place-orders.ts',
        reader: 'programs/bill-orders.ts',
        input: { folder, warm: Math.ceil(count / 10), count },
      }),
  }
}

function workedOff(name: string, backlog: Backlog): Side {
  const { kind, keys, processes } = backlog
  const by = processes === 1 ? 'one process' : `${processes} processes`
  return {
    name,
    title: `held, \`${kind}\`, ${keys.toLocaleString('en-US')} keys, ${by}`,
    run: (folder) => measure(folder, backlog),
  }
}

/** From the opening of the bus to the last message, so that opening it is inside. */
async function measure(folder: string, { kind, keys, processes, count }: Backlog): Promise<Figures> {
  await using stack = new AsyncDisposableStack()
  const filling = stack.use(startChild('programs/fill-held.ts', { folder, keys, count }))
  await filling.next()
  await filling.end()
  const children = Array.from({ length: processes }, () =>
    stack.use(startChild('programs/work-off.ts', { folder, kind })),
  )
  for (const child of children) await child.next()
  const from = performance.timeOrigin + performance.now()
  for (const child of children) child.go()
  const ends = await Promise.all(children.map(async (child) => (await child.next()).at ?? 0))
  return { perSecond: (count / (Math.max(...ends) - from)) * 1000 }
}
