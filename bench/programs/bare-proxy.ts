/** What one would put before a service in a minute: fastify with its own proxy. */
import type { AddressInfo } from 'node:net'
import proxy from '@fastify/http-proxy'
import { fastify } from 'fastify'
import { parentDone, readInput, report } from '../harness/program.ts'

const { upstream } = readInput<{ upstream: string }>()
const app = fastify()
app.register(proxy, { upstream })
await app.listen({ port: 0, host: '127.0.0.1' })
report({ port: (app.server.address() as AddressInfo).port })
await parentDone
app.server.closeAllConnections()
await app.close()
