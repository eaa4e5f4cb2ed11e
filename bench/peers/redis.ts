/** A Redis of our own for one measurement: every append synced, reached through a socket in its own folder. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'

const exec = promisify(execFile)

export interface RedisServer extends AsyncDisposable {
  readonly socket: string
  readonly version: string
}

/** Why there is no Redis here; undefined when there is one. Installs Debian's where that is possible. */
export async function redisMissing(mayInstall: boolean): Promise<string | undefined> {
  if (await installed()) return undefined
  if (mayInstall && process.getuid?.() === 0) await installDebians()
  return (await installed()) ? undefined : 'redis-server is not installed (apt-get install redis-server)'
}

const installed = (): Promise<boolean> =>
  exec('redis-server', ['--version']).then(
    () => true,
    () => false,
  )

async function installDebians(): Promise<void> {
  // RUNLEVEL=1 keeps the package from starting a server that nobody asked for.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const install = () => exec('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'], { env })
  await install()
    .catch(async () => {
      await exec('apt-get', ['update'], { env })
      await install()
    })
    .catch(() => undefined)
}

/** Starts a server that keeps its data in the folder, with `appendfsync always`. */
export async function startRedis(folder: string): Promise<RedisServer> {
  const socket = join(folder, 'redis.sock')
  const options = ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', '--daemonize', 'no']
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction']
  const server = spawn('redis-server', [...options, ...durable], { stdio: 'ignore' })
  const exited = once(server, 'exit')
  const version = await waitFor(socket, exited)
  return {
    socket,
    version,
    async [Symbol.asyncDispose]() {
      server.kill('SIGTERM')
      await exited
    },
  }
}

/** Resolves with the server's version once it answers. */
async function waitFor(socket: string, exited: Promise<unknown>): Promise<string> {
  const client = new Redis(socket, { retryStrategy: () => 50, maxRetriesPerRequest: 100 })
  client.on('error', () => undefined)
  try {
    const info = await Promise.race([client.info('server'), exited])
    if (typeof info !== 'string') throw new Error('redis-server ended before it answered')
    return /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown'
  } finally {
    client.disconnect()
  }
}
