/** A link to brokers that die, and to slow ones, which the test is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answers, api, dies, head, openBroker } from './broker.fixture.ts'
import { openLink } from './link.ts'
import { readSettings } from './options.ts'

test('who finds at the same time that a broker is dead asks the next one, all of them', async () => {
  await using dead = await openBroker(dies)
  await using live = await openBroker(answers)
  const link = openLink(readSettings(`kafka://127.0.0.1:${dead.port},127.0.0.1:${live.port}`, {}), 0)
  try {
    assert.deepEqual(await Promise.all([1, 2].map(() => link.askAny(api))), [3, 3])
    assert.equal(dead.connections(), 1)
  } finally {
    link.close()
  }
})

test('a fetch over a slow link has time for as long as something comes, and a silent one ends', async () => {
  const pieces = 30
  await using slow = await openBroker((socket, id) => {
    socket.write(head(pieces, id))
    void (async () => {
      for (let i = 0; i < pieces; i += 1) {
        await sleep(40)
        socket.write('x')
      }
    })()
  })
  await using silent = await openBroker(() => {})
  const settings = readSettings(`kafka://127.0.0.1:${slow.port}`, {})
  const link = openLink(settings, 0, 1000)
  try {
    const [took, failure] = await Promise.all([
      link.ask({ host: '127.0.0.1', port: slow.port }, 'fetch', api),
      link.ask({ host: '127.0.0.1', port: silent.port }, 'fetch', api).catch((error: unknown) => error),
    ])
    assert.equal(took, pieces)
    assert.match(String(failure), /nothing came within 1000 ms/)
  } finally {
    link.close()
  }
})
