/** Answers HTTP requests, and places orders at a steady rate meanwhile. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pace } from '../harness/pace.ts'
import { go, now, parentDone, readInput, report } from '../harness/program.ts'
import { openShop } from '../harness/services.ts'

const { folder, perSecond, seconds } = readInput<{ folder: string; perSecond: number; seconds: number }>()
await using shop = await openShop(folder)
const server = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end('{"ok":true}')
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')

report({ port: (server.address() as AddressInfo).port })
await go()
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
const from = now()
await pace(perSecond, seconds, (n) => shop.place(n))
const publishedPerSecond = Math.round((perSecond * seconds) / ((now() - from) / 1000))
report({ publishedPerSecond, loopDelayP99Ms: delay.percentile(99) / 1e6, loopDelayMaxMs: delay.max / 1e6 })
await parentDone
server.close()
server.closeAllConnections()
