/** Both rates with a great many messages waiting, against the same with none. */
import { existsSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { startChild } from '../harness/child.ts'
import { endToEnd } from '../harness/end-to-end.ts'
import { type Figures, type Row, ratio, type Settings, type Side } from '../harness/row.ts'

export const backlog: Row = {
  name: 'backlog',
  title: 'publishing, and end to end, with a million messages waiting (ten million with --long)',
  sides: (settings) => [none(settings), waiting(settings)],
  requirements: [
    {
      says: 'publishing with none waiting',
      unit: '×',
      value: ratio('publishPerSecond', 'waiting', 'none'),
      atLeast: 0.7,
    },
    {
      says: 'end to end with none waiting',
      unit: '×',
      value: ratio('endToEndPerSecond', 'waiting', 'none'),
      atLeast: 0.7,
    },
  ],
}

function none(settings: Settings): Side {
  return {
    name: 'none',
    title: 'none waiting',
    async run(folder) {
      const published = await publish(join(folder, 'publish.db'), settings)
      return { ...published, ...(await through(join(folder, 'through.db'), settings)) }
    },
  }
}

function waiting(settings: Settings): Side {
  const { quick, long, folder } = settings
  const count = quick ? 5_000 : long ? 10_000_000 : 1_000_000
  // Filled once: each round adds as many messages as it reads, and a few more.
  const path = join(folder, 'waiting', 'broker.db')
  return {
    name: 'waiting',
    title: `${count.toLocaleString('en-US')} waiting`,
    async run() {
      if (!existsSync(path)) await fill(path, count)
      const published = await publish(path, settings)
      const passed = await through(path, settings)
      return { ...published, ...passed, fileMb: (await stat(path)).size / 2 ** 20 }
    },
  }
}

async function fill(path: string, count: number): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  await using child = startChild('programs/fill.ts', { path, count }, { patienceMs: 1_800_000 })
  await child.next()
}

async function publish(path: string, { quick }: Settings): Promise<Figures> {
  await using child = startChild('programs/publish.ts', { path, count: quick ? 500 : 200_000 })
  const { perSecond = 0 } = await child.next()
  return { publishPerSecond: perSecond }
}

async function through(path: string, { quick }: Settings): Promise<Figures> {
  const size = quick ? { warm: 100, count: 500 } : { warm: 20_000, count: 200_000 }
  const input = { path, ...size }
  const {
    perSecond = 0,
    writerMb = 0,
    readerMb = 0,
  } = await endToEnd({
    writer: 'programs/write.ts',
    reader: 'programs/read.ts',
    input,
  })
  return { endToEndPerSecond: perSecond, writerMb, readerMb }
}
