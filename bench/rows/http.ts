/** What publishing on a slow disk does to the HTTP answers of the same process. */
import { startChild } from '../harness/child.ts'
import { type Figures, figureOf, type Row, type Settings, type Side } from '../harness/row.ts'
import { slowDisk, slowDiskMissing } from '../harness/slow-disk.ts'

export const http: Row = {
  name: 'http',
  title: 'HTTP p99 of a process that publishes 2,000/s, with every fsync 10 ms slower',
  sides: (settings) => [side('quiet', 'without publishing', 0, settings), side('ours', 'publishing', 2_000, settings)],
  requirements: [
    {
      says: 'p99 while publishing; 3 × the p99 without, or 5 ms',
      unit: 'ms',
      value: (medians) => figureOf(medians, 'ours', 'p99Ms'),
      atMost: (medians) => Math.max(5, 3 * (figureOf(medians, 'quiet', 'p99Ms') ?? 0)),
    },
  ],
}

function side(name: string, title: string, perSecond: number, { quick, folder: shared }: Settings): Side {
  const seconds = quick ? 0.5 : 10
  return {
    name,
    title,
    missing: slowDiskMissing,
    async run(folder): Promise<Figures> {
      const preload = await slowDisk(shared)
      await using server = startChild(
        'programs/http-server.ts',
        { folder, perSecond, seconds: seconds + 1 },
        { preload },
      )
      const { port } = await server.next()
      server.go()
      await using load = startChild('programs/http-load.ts', { port, seconds })
      const [answers, published] = await Promise.all([load.next(), server.next()])
      return { ...answers, ...published }
    },
  }
}
