/** A private RabbitMQ in a container of an image that is already here. Nothing is pulled. */
import { execFile, execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts, guardContainer, guardedFolder, removeFolder } from './guarded.ts'
import { type RabbitNode, type RabbitOptions, tlsFiles, writeTls } from './rabbitmq-node.ts'
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

/** Where the server finds what it is given. */
const configFolder = '/etc/rabbitmq/conf.d'
const configFile = '90-vestnik.conf'

export async function startContainer(image: string, { config = [], tls }: RabbitOptions = {}): Promise<RabbitNode> {
  const name = `vestnik-rabbitmq-${randomUUID().slice(0, 8)}`
  const folder = await guardedFolder('rabbitmq')
  const [port = 0, tlsPort = 0] = await freePorts(2)
  const url = `amqp://guest:guest@127.0.0.1:${port}`
  const tlsLines = tls ? await writeTls(folder, tls, '5671', configFolder) : []
  await writeFile(join(folder, configFile), ['loopback_users = none', ...config, ...tlsLines, ''].join('\n'))
  guardContainer(name)
  const ports = [`127.0.0.1:${port}:5672`, ...(tls ? [`127.0.0.1:${tlsPort}:5671`] : [])]
  const files = [configFile, ...(tls ? Object.values(tlsFiles) : [])]
  const options = [
    ...ports.flatMap((place) => ['-p', place]),
    ...files.flatMap((file) => ['-v', `${join(folder, file)}:${configFolder}/${file}:ro`]),
  ]
  // The node's name holds the host's: without a fixed one a new start would not find its data.
  await docker('create', '--name', name, '--hostname', name, ...options, image)
  const node: RabbitNode = {
    url,
    port,
    ...(tls && { tlsPort }),
    kill: () => docker('kill', name).then(() => {}),
    shutDown: () => docker('stop', name).then(() => {}),
    async start() {
      await docker('start', name)
      await untilAnswers(url, `in container ${name}`, async () => undefined)
    },
    freeze: () => void execFileSync('docker', ['pause', name]),
    thaw: () => void execFileSync('docker', ['unpause', name]),
    control: async (...words) =>
      docker('exec', name, 'rabbitmqctl', '-q', ...(await Promise.all(words.map((word) => takeAlong(name, word))))),
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

/** The word, or where the file that it names is in the container. */
async function takeAlong(name: string, word: string): Promise<string> {
  if (!isAbsolute(word) || !existsSync(word)) return word
  const inside = `/tmp/${basename(word)}`
  await docker('cp', word, `${name}:${inside}`)
  return inside
}
