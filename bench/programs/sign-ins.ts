/** Signs people in over HTTP, each caller again as soon as it has its answer, and reports how many were let in. */
import { Agent, request } from 'node:http'
import { emailOf, password } from '../harness/people.ts'
import { readInput, report } from '../harness/program.ts'

const { url, callers, warmSeconds, seconds } = readInput<{
  url: string
  callers: number
  warmSeconds: number
  seconds: number
}>()
const agent = new Agent({ keepAlive: true, maxSockets: callers })
const from = performance.now() + warmSeconds * 1000
const until = from + seconds * 1000
let signedIn = 0

await Promise.all(Array.from({ length: callers }, (_, n) => keepSigningIn(n)))
report({ perSecond: signedIn / seconds })
agent.destroy()

async function keepSigningIn(n: number): Promise<void> {
  for (let i = n; performance.now() < until; i += callers) {
    const status = await signIn(emailOf(i))
    // 503: on a machine that has other things to do, some wait for too long.
    if (status !== 200 && status !== 503) throw new Error(`POST ${url}/sessions was answered ${status}`)
    const now = performance.now()
    if (status === 200 && now >= from && now < until) signedIn += 1
  }
}

function signIn(email: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const asked = request(`${url}/sessions`, { agent, method: 'POST', headers }, (answer) => {
      answer.resume()
      answer.once('end', () => resolve(answer.statusCode))
    })
    asked.once('error', reject)
    asked.end(JSON.stringify({ email, password }))
  })
}
