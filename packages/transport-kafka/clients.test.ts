/** Which brokers are asked. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { closeClient, createClients } from './clients.ts'
import { readSettings } from './options.ts'

test('a broker that has gone from the cluster is not asked any more', async () => {
  await using left = await listen()
  await using gone = await listen()
  const clients = createClients(readSettings(`kafka://127.0.0.1:${left.port}`, {}))
  clients.learn([{ host: '127.0.0.1', port: gone.port }])
  clients.learn([])
  for (let turn = 1; turn <= 3; turn += 1) {
    clients.rotate()
    const admin = clients.openAdmin()
    await assert.rejects(admin.metadata({ topics: [], retries: 0 }))
    await closeClient(admin)
  }
  assert.equal(gone.asked(), 0)
  assert.ok(left.asked() >= 3)
})

/** Takes connections, and ends them. */
async function listen() {
  let asked = 0
  const server = createServer((socket) => {
    asked += 1
    socket.on('error', () => {})
    socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : assert.fail('it has no port')
  return {
    port,
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}
