/** A private PostgreSQL in a container of an image that is already here. Nothing is pulled. */
import { execFile, execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { freePorts, guardContainer } from '../brokers/guarded.ts'
import { untilAnswers } from './postgres-ready.ts'
import type { PostgresOptions, PostgresServer } from './postgres-server.ts'

const run = promisify(execFile)
const docker = async (...words: readonly string[]): Promise<string> =>
  (await run('docker', words, { timeout: 60_000 })).stdout

/** The image to use; undefined without an engine or an image of PostgreSQL. */
export function dockerPostgres(): string | undefined {
  try {
    const words = ['images', '--filter', 'reference=postgres', '--format', '{{.Repository}}:{{.Tag}}']
    return execFileSync('docker', words, { timeout: 10_000, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .split('\n')
      .find(Boolean)
  } catch {
    return undefined
  }
}

export async function startContainer(
  image: string,
  { settings = {}, tls }: PostgresOptions = {},
): Promise<PostgresServer> {
  if (tls) throw new Error('a PostgreSQL with TLS needs an installed server: postgresql')
  const name = `vestnik-postgres-${randomUUID().slice(0, 8)}`
  const password = randomUUID()
  const [port = 0] = await freePorts(1)
  const url = `postgres://vestnik:${password}@127.0.0.1:${port}/postgres`
  const given = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
  guardContainer(name)
  const environment = [
    '-e',
    'POSTGRES_USER=vestnik',
    '-e',
    `POSTGRES_PASSWORD=${password}`,
    '-e',
    'POSTGRES_DB=postgres',
  ]
  await docker('create', '--name', name, ...environment, '-p', `127.0.0.1:${port}:5432`, image, 'postgres', ...given)
  const server: PostgresServer = {
    url,
    port,
    kill: () => docker('kill', name).then(() => {}),
    shutDown: () => docker('stop', '--signal', 'SIGINT', name).then(() => {}),
    async start() {
      await docker('start', name)
      await untilAnswers(url, `in container ${name}`, async () => undefined)
    },
    freeze: () => void execFileSync('docker', ['pause', name]),
    thaw: () => void execFileSync('docker', ['unpause', name]),
    async [Symbol.asyncDispose]() {
      await docker('rm', '-f', '-v', name)
    },
  }
  await server.start().catch(async (error: unknown) => {
    await server[Symbol.asyncDispose]()
    throw error
  })
  return server
}
