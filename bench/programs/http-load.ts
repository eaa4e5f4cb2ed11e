/** Asks a server 300 times a second, and reports how long its answers take. */
import { Agent, get } from 'node:http'
import { percentile } from '../../tools/stats.ts'
import { pace } from '../harness/pace.ts'
import { readInput, report } from '../harness/program.ts'

const perSecond = 300
const { port, seconds } = readInput<{ port: number; seconds: number }>()
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const took: number[] = []

await pace(perSecond, 0.3, ask)
took.length = 0
await pace(perSecond, seconds, ask)
report({ p50Ms: percentile(took, 50), p99Ms: percentile(took, 99) })
agent.destroy()

async function ask(): Promise<void> {
  const before = performance.now()
  await new Promise<void>((resolve, reject) => {
    const request = get({ agent, host: '127.0.0.1', port, path: '/' }, (response) => {
      response.resume()
      response.once('end', resolve)
    })
    request.once('error', reject)
  })
  took.push(performance.now() - before)
}
