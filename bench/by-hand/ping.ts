/** Sends at a steady rate over two hops, there and back, and reports how long that takes. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { percentile } from '../../tools/stats.ts'
import { pace } from '../harness/pace.ts'
import { go, now, readInput, report } from '../harness/program.ts'
import { openHop } from './hop.ts'

interface Input {
  readonly folder: string
  readonly perSecond: number
  readonly seconds: number
}

const { folder, perSecond, seconds } = readInput<Input>()
const there = openHop(join(folder, 'there.db'))
const back = openHop(join(folder, 'back.db'))
let took: number[] = []
back.receive((sent) => {
  for (const at of sent) took.push(now() - at)
})

report({ at: now() })
await go()
await send(1)
took = []
await send(seconds)
report({ p50Ms: percentile(took, 50), p99Ms: percentile(took, 99) })
there.close()
back.close()

/** Both commits and both wakes are in the time: it begins before the first commit. */
async function send(forSeconds: number): Promise<void> {
  const expected = took.length + perSecond * forSeconds
  await pace(perSecond, forSeconds, () => there.send([now()]))
  while (took.length < expected) await sleep(5)
}
