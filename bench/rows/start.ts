/** How long `npm start` takes until every service is ready. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { figureOf, type Row, type Side } from '../harness/row.ts'
import { startSystem } from '../harness/system.ts'

const limitMs = 3000

export const start: Row = {
  name: 'start',
  title: 'npm start until all /readyz are 200',
  sides: () => [
    bare,
    side('first', 'the first time, with keys to be made', 1),
    side('again', 'with its data there', 2),
  ],
  requirements: [
    { says: 'the first time', unit: 'ms', value: (medians) => figureOf(medians, 'first', 'readyMs'), atMost: limitMs },
    { says: 'again', unit: 'ms', value: (medians) => figureOf(medians, 'again', 'readyMs'), atMost: limitMs },
  ],
}

/** What it costs to start as many processes that do nothing. */
const bare: Side = {
  name: 'bare',
  title: 'six bare Node processes at once',
  async run() {
    const startedAt = performance.now()
    const processes = Array.from({ length: 6 }, () => spawn(process.execPath, ['-e', ''], { stdio: 'ignore' }))
    await Promise.all(processes.map((child) => once(child, 'exit')))
    return { readyMs: performance.now() - startedAt }
  },
}

function side(name: string, title: string, times: number): Side {
  return {
    name,
    title,
    async run(folder) {
      let readyMs = 0
      for (let i = 0; i < times; i += 1) {
        await using running = await startSystem(folder)
        readyMs = running.readyMs
      }
      return { readyMs }
    },
  }
}
