/** Four processes on one broker: how evenly publishing and reading are shared. */
import { join } from 'node:path'
import { startChild } from '../harness/child.ts'
import { type Figures, figureOf, type Row } from '../harness/row.ts'

const processes = 4

export const fairness: Row = {
  name: 'fairness',
  title: 'four processes, each publishing at full speed and reading all',
  sides: ({ quick }) => [{ name: 'ours', title: 'Vestnik', run: (folder) => measure(folder, quick ? 0.5 : 8) }],
  requirements: [
    least('least published by one, over its fair share', 'leastPublished'),
    least('least read by one, over its fair share', 'leastRead'),
  ],
}

function least(says: string, figure: string) {
  return {
    says,
    unit: '×',
    value: (medians: Readonly<Record<string, Figures>>) => figureOf(medians, 'ours', figure),
    atLeast: 0.5,
  } as const
}

async function measure(folder: string, seconds: number): Promise<Figures> {
  await using stack = new AsyncDisposableStack()
  const input = { path: join(folder, 'broker.db'), processes, seconds }
  const children = Array.from({ length: processes }, (_, index) =>
    stack.use(startChild('programs/publish-and-read.ts', { ...input, index })),
  )
  for (const child of children) await child.next()
  for (const child of children) child.go()
  const reports = await Promise.all(children.map((child) => child.next()))
  const published = reports.map((report) => report.published ?? 0)
  const read = reports.map((report) => report.read ?? 0)
  return {
    publishedPerSecond: sum(published) / seconds,
    readPerSecond: sum(read) / seconds,
    leastPublished: Math.min(...published) / (sum(published) / processes),
    leastRead: Math.min(...read) / (sum(read) / processes),
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
