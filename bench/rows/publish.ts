/** Publishing with 200 callers at once, against bare inserts of the same rows. */
import { join } from 'node:path'
import { startChild } from '../harness/child.ts'
import { type Row, ratio, type Settings, type Side } from '../harness/row.ts'

export const publish: Row = {
  name: 'publish',
  title: 'publish, 200 callers at once, each awaiting its own durable message',
  sides: (settings) => [ours(settings), rawInserts('raw200', 200, settings), rawInserts('raw1', 1, settings)],
  requirements: [
    { says: 'raw inserts at 200 a commit', unit: '×', value: ratio('perSecond', 'ours', 'raw200'), atLeast: 0.5 },
    { says: 'raw inserts at one a commit', unit: '×', value: ratio('perSecond', 'ours', 'raw1'), atLeast: 12 },
  ],
}

function ours({ quick }: Settings): Side {
  const count = quick ? 1_000 : 300_000
  return {
    name: 'ours',
    title: 'Vestnik',
    run: (folder) => measure('programs/publish.ts', { path: join(folder, 'broker.db'), count }),
  }
}

/** Bare inserts of the same rows, so many a commit. */
export function rawInserts(name: string, perCommit: number, { quick }: Settings): Side {
  const count = quick ? 1_000 : perCommit === 1 ? 15_000 : 300_000
  return {
    name,
    title: `node:sqlite, ${perCommit} a commit`,
    run: (folder) => measure('programs/raw-inserts.ts', { folder, count, perCommit }),
  }
}

async function measure(program: string, input: object) {
  await using child = startChild(program, input)
  return await child.next()
}
