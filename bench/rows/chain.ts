/** A message's whole way, from a transaction in one process to a transaction in another, against the same by hand. */
import type { ChildOptions } from '../harness/child.ts'
import { endToEnd } from '../harness/end-to-end.ts'
import { type Row, ratio, type Settings, type Side } from '../harness/row.ts'
import { slowDisk, slowDiskMissing } from '../harness/slow-disk.ts'

interface Sizes {
  readonly ours: number
  readonly byHand: number
  readonly inBatches: number
}

const title = 'the whole chain: order and outbox row, relay, broker, other process, inbox and business row'
const byHand = 'the same by hand, a transaction per message'

export const chain: Row = {
  name: 'chain',
  title,
  sides: ({ quick }) => sides(quick ? tiny : { ours: 60_000, byHand: 4_000, inBatches: 12_000 }, async () => ({})),
  requirements: [{ says: byHand, unit: '×', value: ratio('perSecond', 'ours', 'byHand'), atLeast: 12 }],
}

export const chainSlowDisk: Row = {
  name: 'chain-slow-disk',
  title: `${title}, with every fsync 10 ms slower`,
  sides: (settings) => slowSides(settings),
  requirements: [{ says: byHand, unit: '×', value: ratio('perSecond', 'ours', 'byHand'), atLeast: 40 }],
}

const tiny: Sizes = { ours: 200, byHand: 200, inBatches: 200 }

function slowSides({ quick, folder }: Settings): Side[] {
  const sizes = quick ? { ours: 100, byHand: 10, inBatches: 10 } : { ours: 40_000, byHand: 400, inBatches: 1_200 }
  const options = async (): Promise<ChildOptions> => ({ preload: await slowDisk(folder) })
  return sides(sizes, options).map((side) => ({ ...side, missing: slowDiskMissing }))
}

function sides(sizes: Sizes, options: () => Promise<ChildOptions>): Side[] {
  return [
    {
      name: 'ours',
      title: 'Vestnik',
      run: async (folder) =>
        endToEnd({
          writer: 'programs/place-orders.ts',
          reader: 'programs/bill-orders.ts',
          input: { folder, ...size(sizes.ours) },
          options: await options(),
        }),
    },
    handmade('byHand', 'by hand, a transaction per message', 1, sizes.byHand, options),
    handmade('inBatches', 'by hand, relay and broker in batches of 200', 200, sizes.inBatches, options),
  ]
}

function handmade(
  name: string,
  title: string,
  perCommit: number,
  count: number,
  options: () => Promise<ChildOptions>,
): Side {
  return {
    name,
    title,
    run: async (folder) =>
      endToEnd({
        writer: 'by-hand/produce.ts',
        reader: 'by-hand/consume.ts',
        input: { folder, perCommit, ...size(count) },
        options: await options(),
      }),
  }
}

/** A tenth more to warm up with. */
const size = (count: number) => ({ warm: Math.ceil(count / 10), count })
