/** Asks for one path over several connections, each as soon as it has its answer, and reports how many and how long. */
import { connect } from 'node:net'
import { percentile } from '../../tools/stats.ts'
import { readInput, report } from '../harness/program.ts'

const { port, path, connections, warmSeconds, seconds } = readInput<{
  port: number
  path: string
  connections: number
  warmSeconds: number
  seconds: number
}>()

// By hand, so that the load takes as little as can be of the processors that the others need.
const request = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`)
const took: number[] = []
const from = performance.now() + warmSeconds * 1000
const until = from + seconds * 1000

await Promise.all(Array.from({ length: connections }, ask))
report({ perSecond: took.length / seconds, p50Ms: percentile(took, 50), p99Ms: percentile(took, 99) })

function ask(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let sentAt = performance.now()
    let left = 0
    const send = (): void => {
      sentAt = performance.now()
      socket.write(request)
    }
    socket.setNoDelay(true)
    socket.once('connect', send)
    socket.once('error', reject)
    socket.on('data', (chunk) => {
      left = left > 0 ? left - chunk.length : bodyLeft(Buffer.from(chunk))
      if (left > 0) return
      const now = performance.now()
      if (now >= from && now < until) took.push(now - sentAt)
      if (now < until) return send()
      socket.end()
      resolve()
    })
  })
}

/** How much of the body comes with later chunks. */
function bodyLeft(chunk: Buffer): number {
  const head = chunk.toString('latin1', 0, Math.min(chunk.length, 1000))
  const end = head.indexOf('\r\n\r\n')
  const length = /^content-length: *(\d+)/im.exec(head)?.[1]
  if (!head.startsWith('HTTP/1.1 200 ') || end < 0 || length === undefined) {
    throw new Error(`${path} was answered ${head.slice(0, 300)}`)
  }
  return end + 4 + Number(length) - chunk.length
}
