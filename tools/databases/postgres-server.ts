/** A private PostgreSQL cluster: in a folder of its own, on a free port of loopback, with fsync on, never as root. */
import { execFile, execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { accessSync, constants, globSync, readFileSync } from 'node:fs'
import { appendFile, chown, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts, type Guarded, guardedFolder, guardGroups, removeFolder, startGuarded } from '../brokers/guarded.ts'
import { untilAnswers } from './postgres-ready.ts'

export interface PostgresOptions {
  /** Settings of postgresql.conf. @default {} */
  readonly settings?: Readonly<Record<string, string | number>>
  /** Offers TLS too, with this certificate and key in PEM; only of an installed server. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

/** A PostgreSQL that a test may treat as it likes. */
export interface PostgresServer extends AsyncDisposable {
  /** Of the database `postgres`, as a superuser with a password. */
  readonly url: string
  readonly port: number
  /** SIGKILL of the server and of each of its processes. Resolves when all are gone. */
  kill(): Promise<void>
  /** Ends as an operator would end it, without waiting for those who are connected. */
  shutDown(): Promise<void>
  /** Starts again what was killed or shut down, with all that it held. Resolves when it answers. */
  start(): Promise<void>
  /** SIGSTOP of the server and of each of its processes. */
  freeze(): void
  /** SIGCONT. */
  thaw(): void
}

/** Where an installed server's programs are, the newest if there are several; undefined when none is installed. */
export function installedPostgres(): string | undefined {
  const debian = globSync('/usr/lib/postgresql/*/bin').toSorted((a, b) => versionOf(b) - versionOf(a))
  const folders = [...debian, ...(process.env.PATH ?? '').split(delimiter)]
  return folders.find((folder) => ['postgres', 'initdb'].every((name) => isExecutable(join(folder, name))))
}

const versionOf = (folder: string): number => Number(/(\d+)/.exec(dirname(folder).split('/').at(-1) ?? '')?.[1] ?? 0)

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const run = promisify(execFile)

/** Makes a cluster and starts it. Resolves when it answers. */
export async function startServer(programs: string, options: PostgresOptions = {}): Promise<PostgresServer> {
  const folder = await guardedFolder('postgres')
  const [port = 0] = await freePorts(1)
  const password = randomUUID()
  const data = join(folder, 'data')
  try {
    await makeCluster({ programs, folder, data, port, password, options })
    const server = serverAt({ programs, folder, data, port, password })
    await server.start().catch(async (error: unknown) => {
      await server[Symbol.asyncDispose]()
      throw error
    })
    return server
  } catch (error) {
    removeFolder(folder)
    throw error
  }
}

interface Place {
  readonly programs: string
  readonly folder: string
  readonly data: string
  readonly port: number
  readonly password: string
}

/** The server refuses to run as root: root's tests run it as somebody without rights. */
function owner(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const idOf = (user: string, kind: '-u' | '-g') =>
    Number(execFileSync('id', [kind, user], { stdio: ['ignore', 'pipe', 'ignore'] }))
  for (const user of ['postgres', 'nobody']) {
    try {
      return { uid: idOf(user, '-u'), gid: idOf(user, '-g') }
    } catch {
      // There is no such user.
    }
  }
  throw new Error('start PostgreSQL: as root it needs a user postgres or nobody')
}

async function makeCluster({ programs, folder, data, port, password, options }: Place & { options: PostgresOptions }) {
  const as = owner()
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, password)
  await mkdir(data, { mode: 0o700 })
  if (as) for (const path of [folder, data, passwordFile]) await chown(path, as.uid, as.gid)
  const words = ['-D', data, '-U', 'vestnik', '-A', 'scram-sha-256', '--pwfile', passwordFile]
  // What a test must not lose is written later, when the server itself syncs.
  await run(join(programs, 'initdb'), [...words, '-E', 'UTF8', '--locale', 'C.UTF-8', '--no-sync'], {
    ...as,
    cwd: folder,
    timeout: 120_000,
  })
  const settings = {
    ...standard,
    port,
    ...(options.tls ? await writeTls(data, options.tls, as) : {}),
    ...options.settings,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'`)
  await appendFile(join(data, 'postgresql.conf'), `${lines.join('\n')}\n`)
}

const standard = {
  listen_addresses: '127.0.0.1',
  // Files elsewhere would stay behind.
  unix_socket_directories: '',
  dynamic_shared_memory_type: 'mmap',
  fsync: 'on',
  synchronous_commit: 'on',
  max_connections: 200,
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  min_wal_size: '32MB',
}

async function writeTls(
  data: string,
  { cert, key }: NonNullable<PostgresOptions['tls']>,
  as: ReturnType<typeof owner>,
) {
  const [certFile, keyFile] = [join(data, 'server.crt'), join(data, 'server.key')]
  await writeFile(certFile, cert)
  await writeFile(keyFile, key, { mode: 0o600 })
  if (as) for (const path of [certFile, keyFile]) await chown(path, as.uid, as.gid)
  return { ssl: 'on', ssl_cert_file: certFile, ssl_key_file: keyFile }
}

function serverAt({ programs, folder, data, port, password }: Place): PostgresServer {
  const url = `postgres://vestnik:${password}@127.0.0.1:${port}/postgres`
  let server: Guarded | undefined
  let release: (() => void) | undefined

  const all = (): readonly number[] => (server ? [server.pid, ...childrenOf(server.pid)] : [])

  async function end(signal: NodeJS.Signals): Promise<void> {
    const children = server ? childrenOf(server.pid) : []
    thaw()
    await server?.end(signal)
    if (signal === 'SIGKILL') for (const pid of children) signalOne(pid, signal)
    server = undefined
  }

  function freeze(): void {
    const [postmaster] = all()
    if (postmaster === undefined) return
    signalOne(postmaster, 'SIGSTOP') // so that no more are made
    const pids = all()
    release = guardGroups(pids)
    for (const pid of pids) signalOne(pid, 'SIGSTOP')
  }

  function thaw(): void {
    for (const pid of all().toReversed()) signalOne(pid, 'SIGCONT')
    release?.()
    release = undefined
  }

  return {
    url,
    port,
    kill: () => end('SIGKILL'),
    shutDown: () => end('SIGINT'),
    async start() {
      const words = ['-D', data]
      const started = startGuarded(join(programs, 'postgres'), words, { ...owner(), cwd: folder }, 'SIGQUIT')
      server = started
      await untilAnswers(url, `in ${folder}`, async () =>
        started.hasEnded() ? `it ended; it said:\n${started.said()}` : undefined,
      )
    },
    freeze,
    thaw,
    async [Symbol.asyncDispose]() {
      const wasKilled = server === undefined
      await end('SIGQUIT')
      if (wasKilled) removeSegment(data)
      removeFolder(folder)
    },
  }
}

/** Each of the server's processes leads a group of its own. */
function childrenOf(pid: number): readonly number[] {
  return globSync('/proc/[0-9]*/stat').flatMap((path) => {
    const [, child, parent] = /^(\d+) \(.*\) \S (\d+)/s.exec(readOrNothing(path)) ?? []
    return Number(parent) === pid ? [Number(child)] : []
  })
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // it has ended
  }
}

/** A killed server leaves a few bytes of shared memory behind, which its next start would find. */
function removeSegment(data: string): void {
  const [, id] = readOrNothing(join(data, 'postmaster.pid')).split('\n')[6]?.trim().split(/\s+/) ?? []
  if (id === undefined) return
  try {
    execFileSync('ipcrm', ['-m', id], { stdio: 'ignore' })
  } catch {
    // It is gone.
  }
}

function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}
