/** The RabbitMQ that tests are given: its own, on free ports, and gone without a trace. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'amqplib'
import { lackOfCluster, privateRabbit, rabbitCluster } from './rabbitmq.ts'

test('a private node keeps what it held when it is killed and started again', { timeout: 180_000 }, async () => {
  await using node = await privateRabbit()
  await publish(node.url, 'kept')
  await node.kill()
  await assert.rejects(connect(node.url))
  await node.start()
  assert.equal(await countIn(node.url, 'kept'), 1)
  assert.match(await node.control('list_queues', 'name', 'messages'), /kept\t1/)
})

test('a frozen node answers nobody until it is thawed', { timeout: 120_000 }, async () => {
  await using node = await privateRabbit()
  node.freeze()
  await assert.rejects(connect(node.url, { timeout: 500 }))
  node.thaw()
  await publish(node.url, 'after')
})

test('nodes of a cluster know each other, and go on without one', {
  timeout: 240_000,
  skip: lackOfCluster() ?? false,
}, async () => {
  const nodes = await rabbitCluster(3)
  await using all = new AsyncDisposableStack()
  for (const node of nodes) all.use(node)
  const [first, second] = nodes
  assert.ok(first && second)
  const status = await first.control('cluster_status', '--formatter', 'json')
  assert.equal(JSON.parse(status).running_nodes.length, 3)
  await first.kill()
  await publish(second.url, 'in two')
})

test('nothing is left when the process that started a node is killed', { timeout: 180_000 }, async (t) => {
  const child = fork(new URL('killed.fixture.ts', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  t.after(() => child.kill('SIGKILL'))
  const [{ url, folder }] = await once(child, 'message')
  if (folder !== undefined) {
    assert.equal(running(folder).length > 0, true)
    assert.equal(existsSync(folder), true)
  }
  child.kill('SIGKILL')
  if (folder !== undefined) while (running(folder).length > 0 || existsSync(folder)) await sleep(50)
  while (await answers(url)) await sleep(50)
})

async function answers(url: string): Promise<boolean> {
  const connection = await connect(url).catch(() => undefined)
  await connection?.close()
  return connection !== undefined
}

async function publish(url: string, queue: string): Promise<void> {
  const connection = await connect(url)
  connection.on('error', () => {})
  const channel = await connection.createConfirmChannel()
  await channel.assertQueue(queue)
  channel.sendToQueue(queue, Buffer.from('x'), { persistent: true })
  await channel.waitForConfirms()
  await connection.close()
}

async function countIn(url: string, queue: string): Promise<number> {
  const connection = await connect(url)
  const channel = await connection.createChannel()
  const { messageCount } = await channel.checkQueue(queue)
  await connection.close()
  return messageCount
}

/** The processes whose environment names the folder. */
function running(folder: string): readonly string[] {
  return globSync('/proc/[0-9]*/environ').filter((path) => {
    try {
      return readFileSync(path, 'utf8').includes(folder)
    } catch {
      return false
    }
  })
}
