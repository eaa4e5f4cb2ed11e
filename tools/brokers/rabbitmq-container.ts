/** A private RabbitMQ in a container of an image that is already here. Nothing is pulled. */
import { execFile, execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts, guardContainer, guardedFolder, removeFolder } from './guarded.ts'
import type { RabbitNode, RabbitOptions } from './rabbitmq-node.ts'
import { untilAnswers } from './rabbitmq-ready.ts'

const run = promisify(execFile)
const docker = async (...words: readonly string[]): Promise<string> =>
  (await run('docker', words, { timeout: 60_000 })).stdout

/** The image to use; undefined without an engine or an image of RabbitMQ. */
export function dockerRabbit(): string | undefined {
  try {
    const words = ['images', '--filter', 'reference=rabbitmq', '--format', '{{.Repository}}:{{.Tag}}']
    return execFileSync('docker', words, { timeout: 10_000, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .split('\n')
      .find(Boolean)
  } catch {
    return undefined
  }
}

export async function startContainer(image: string, { config = [] }: RabbitOptions = {}): Promise<RabbitNode> {
  const name = `vestnik-rabbitmq-${randomUUID().slice(0, 8)}`
  const folder = await guardedFolder('rabbitmq')
  const [port = 0] = await freePorts(1)
  const url = `amqp://guest:guest@127.0.0.1:${port}`
  const file = join(folder, 'vestnik.conf')
  await writeFile(file, ['loopback_users = none', ...config, ''].join('\n'))
  guardContainer(name)
  const mounted = `${file}:/etc/rabbitmq/conf.d/90-vestnik.conf:ro`
  // The node's name holds the host's: without a fixed one a new start would not find its data.
  await docker('create', '--name', name, '--hostname', name, '-p', `127.0.0.1:${port}:5672`, '-v', mounted, image)
  const node: RabbitNode = {
    url,
    port,
    kill: () => docker('kill', name).then(() => {}),
    shutDown: () => docker('stop', name).then(() => {}),
    async start() {
      await docker('start', name)
      await untilAnswers(url, `in container ${name}`, async () => undefined)
    },
    freeze: () => void execFileSync('docker', ['pause', name]),
    thaw: () => void execFileSync('docker', ['unpause', name]),
    control: (...words) => docker('exec', name, 'rabbitmqctl', '-q', ...words),
    async [Symbol.asyncDispose]() {
      await docker('rm', '-f', '-v', name)
      removeFolder(folder)
    },
  }
  await node.start().catch(async (error: unknown) => {
    await node[Symbol.asyncDispose]()
    throw error
  })
  return node
}
