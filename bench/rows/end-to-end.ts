/** From one process to another, against bare inserts and against BullMQ. */
import { join } from 'node:path'
import { endToEnd } from '../harness/end-to-end.ts'
import { type Row, ratio, type Settings, type Side } from '../harness/row.ts'
import { redisMissing, redisVersions, startRedis } from '../peers/redis.ts'
import { rawInserts } from './publish.ts'

export const endToEndRow: Row = {
  name: 'end-to-end',
  title: 'end to end between two processes, order by key, 1,000 keys, a group without a store',
  sides: (settings) => [ours(settings), rawInserts('raw200', 200, settings), bullmq(settings)],
  requirements: [
    { says: 'raw inserts at 200 a commit', unit: '×', value: ratio('perSecond', 'ours', 'raw200'), atLeast: 0.15 },
    { says: 'BullMQ, concurrency 100', unit: '×', value: ratio('perSecond', 'ours', 'bullmq'), atLeast: 3 },
  ],
}

function ours({ quick }: Settings): Side {
  const size = quick ? { warm: 100, count: 1_000 } : { warm: 20_000, count: 200_000 }
  return {
    name: 'ours',
    title: 'Vestnik',
    run: (folder) =>
      endToEnd({
        writer: 'programs/write.ts',
        reader: 'programs/read.ts',
        input: { path: join(folder, 'broker.db'), ...size },
      }),
  }
}

function bullmq({ quick }: Settings): Side {
  const size = quick ? { warm: 100, count: 500 } : { warm: 2_000, count: 20_000 }
  return {
    name: 'bullmq',
    title: 'BullMQ, appendfsync always',
    missing: () => redisMissing(!quick),
    versions: redisVersions,
    async run(folder) {
      await using redis = await startRedis(folder)
      return await endToEnd({
        writer: 'programs/bullmq-write.ts',
        reader: 'programs/bullmq-read.ts',
        input: { socket: redis.socket, ...size },
      })
    },
  }
}
