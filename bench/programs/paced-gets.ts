/** Asks for one path at a steady rate, and reports how long answers take from when each request was due. */
import { Agent, get } from 'node:http'
import { openLoop } from '../../tools/load/open-loop.ts'
import { percentile } from '../../tools/stats.ts'
import { readInput, report } from '../harness/program.ts'

const { url, perSecond, warmSeconds, seconds } = readInput<{
  url: string
  perSecond: number
  warmSeconds: number
  seconds: number
}>()
const agent = new Agent({ keepAlive: true })
const pace = { perSecond, seconds: warmSeconds + seconds, atOnce: 10_000, patienceMs: 10_000 }
const tookMs: number[] = []

await openLoop(pace, async (n, dueAt) => {
  await ask()
  if (n >= perSecond * warmSeconds) tookMs.push(performance.now() - dueAt)
})
report({ p50Ms: percentile(tookMs, 50), p99Ms: percentile(tookMs, 99) })
agent.destroy()

function ask(): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { agent }, (answer) => {
      if (answer.statusCode !== 200) return reject(new Error(`${url} was answered ${answer.statusCode}`))
      answer.resume()
      answer.once('end', resolve)
    })
    asked.once('error', reject)
  })
}
