/** A Redis of our own for one measurement: every append synced, reached through a socket in its own folder. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { missing } from '../harness/install.ts'
import manifest from '../package.json' with { type: 'json' }

const { dependencies } = manifest

export interface RedisServer extends AsyncDisposable {
  readonly socket: string
}

/** Why there is no Redis here; undefined when there is one. */
export const redisMissing = (mayInstall: boolean): Promise<string | undefined> =>
  missing({ command: 'redis-server', packages: ['redis-server'] }, mayInstall)

/** Starts a server that keeps its data in the folder, with `appendfsync always`. */
export async function startRedis(folder: string): Promise<RedisServer> {
  const socket = join(folder, 'redis.sock')
  const options = ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', '--daemonize', 'no']
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction']
  const server = spawn('redis-server', [...options, ...durable], { stdio: 'ignore' })
  const exited = once(server, 'exit')
  await answers(socket, exited)
  return {
    socket,
    async [Symbol.asyncDispose]() {
      server.kill('SIGTERM')
      await exited
    },
  }
}

/** Resolves once the server answers. */
async function answers(socket: string, exited: Promise<unknown>): Promise<void> {
  const client = new Redis(socket, { retryStrategy: () => 50, maxRetriesPerRequest: 100 })
  client.on('error', () => undefined)
  try {
    const answer = await Promise.race([client.ping(), exited])
    if (answer !== 'PONG') throw new Error('redis-server ended before it answered')
  } finally {
    client.disconnect()
  }
}

/** `BullMQ 6.3.16, ioredis 5.9.3, Redis 7.0.15`. */
export async function redisVersions(): Promise<string> {
  const { stdout } = await promisify(execFile)('redis-server', ['--version'])
  const redis = /v=(\S+)/.exec(stdout)?.[1] ?? 'unknown'
  return `BullMQ ${dependencies.bullmq}, ioredis ${dependencies.ioredis}, Redis ${redis}`
}
