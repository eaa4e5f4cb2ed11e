/** A private RabbitMQ node: in a folder of its own, on free ports, with an epmd of its own, as any user. */
import { execFile } from 'node:child_process'
import { accessSync, constants, realpathSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts, type Guarded, guardedFolder, removeFolder, startGuarded } from './guarded.ts'
import { untilAnswers } from './rabbitmq-ready.ts'

export interface RabbitOptions {
  /** Lines of rabbitmq.conf. @default [] */
  readonly config?: readonly string[]
  /** Listens with TLS too, with this certificate and key in PEM. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

/** A RabbitMQ that a test may treat as it likes. */
export interface RabbitNode extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Where it listens with TLS, if it was told to. */
  readonly tlsPort?: number
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>
  /** Ends as an operator would end it. */
  shutDown(): Promise<void>
  /** Starts again what was killed or shut down, with all that it held. Resolves when it answers. */
  start(): Promise<void>
  /** SIGSTOP. */
  freeze(): void
  /** SIGCONT. */
  thaw(): void
  /** Runs rabbitmqctl on it; answers what it says. A word may be the path of a file of this machine. */
  control(...words: readonly string[]): Promise<string>
}

/** Where an installed server's own scripts are; undefined when none is installed. */
export function installedRabbit(): string | undefined {
  const folders = ['/usr/lib/rabbitmq/bin', ...(process.env.PATH ?? '').split(delimiter)]
  return folders.find((folder) => isServer(join(folder, 'rabbitmq-server')))
}

/** Debian's script of the same name in /usr/sbin changes the user and the folder: it is not the one. */
function isServer(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return !/^\/usr\/sbin\//.test(realpathSync(path))
  } catch {
    return false
  }
}

/** Starts the installed server once, alone. Resolves when it answers. */
export async function startNode(scripts: string, options: RabbitOptions = {}): Promise<RabbitNode> {
  const [node] = await startNodes(scripts, 1, options)
  if (node === undefined) throw new Error('no node was started')
  return node
}

/** Starts so many nodes that form a cluster. The last that is disposed takes the common folder with it. */
export async function startNodes(
  scripts: string,
  count: number,
  options: RabbitOptions = {},
): Promise<readonly RabbitNode[]> {
  const folder = await guardedFolder('rabbitmq')
  const [epmdPort = 0, ...ports] = await freePorts(1 + 3 * count)
  const epmd = startGuarded('epmd', ['-port', String(epmdPort), '-address', '127.0.0.1'], {})
  const names = Array.from({ length: count }, (_, i) => `vestnik${i + 1}@localhost`)
  const peers = count === 1 ? [] : clusterConfig(names)
  const left = new Set(names)
  const nodes = names.map((name, i) => {
    const place: Place = {
      scripts,
      name,
      folder,
      epmdPort,
      port: ports[3 * i] ?? 0,
      distributionPort: ports[3 * i + 1] ?? 0,
      tlsPort: ports[3 * i + 2] ?? 0,
      tls: options.tls,
      config: [...standardConfig, ...peers, ...(options.config ?? [])],
    }
    return nodeAt(place, async () => {
      left.delete(name)
      if (left.size > 0) return
      await epmd.end('SIGKILL')
      removeFolder(folder)
    })
  })
  try {
    await Promise.all(nodes.map((node) => node.start()))
  } catch (error) {
    for (const node of nodes) await node[Symbol.asyncDispose]()
    throw error
  }
  return nodes
}

interface Place {
  readonly scripts: string
  readonly name: string
  readonly folder: string
  readonly epmdPort: number
  readonly port: number
  readonly distributionPort: number
  readonly tlsPort: number
  readonly tls: RabbitOptions['tls']
  readonly config: readonly string[]
}

/** Tests share small machines: little is kept ahead in memory and on disk. */
const standardConfig = [
  'raft.wal_max_size_bytes = 67108864',
  'disk_free_limit.absolute = 50MB',
  'log.file.level = info',
]

const clusterConfig = (names: readonly string[]) => [
  'cluster_formation.peer_discovery_backend = classic_config',
  ...names.map((name, i) => `cluster_formation.classic_config.nodes.${i + 1} = ${name}`),
]

const run = promisify(execFile)

function nodeAt(place: Place, disposed: () => Promise<void>): RabbitNode {
  const { scripts, name, port } = place
  const environment = environmentOf(place)
  const url = `amqp://guest:guest@127.0.0.1:${port}`
  let server: Guarded | undefined

  async function end(signal: NodeJS.Signals): Promise<void> {
    await server?.end(signal)
    server = undefined
  }

  return {
    url,
    port,
    ...(place.tls && { tlsPort: place.tlsPort }),
    kill: () => end('SIGKILL'),
    shutDown: () => end('SIGTERM'),
    async start() {
      await writeConfig(place)
      const started = startGuarded(join(scripts, 'rabbitmq-server'), ['-noinput'], { env: environment })
      server = started
      await untilAnswers(url, name, async () =>
        started.hasEnded() ? `it ended; it said:\n${started.said()}` : undefined,
      )
    },
    freeze: () => server?.signal('SIGSTOP'),
    thaw: () => server?.signal('SIGCONT'),
    async control(...words) {
      // Told to end, it would end well, and nobody would know that it had not done its work.
      const options = { env: environment, timeout: 120_000, killSignal: 'SIGKILL' } as const
      return (await run(join(scripts, 'rabbitmqctl'), ['-q', '-n', name, ...words], options)).stdout
    },
    async [Symbol.asyncDispose]() {
      await end('SIGKILL')
      await disposed()
    },
  }
}

const homeOf = ({ folder, name }: Place) => join(folder, name.split('@')[0] ?? name)

async function writeConfig(place: Place): Promise<void> {
  const home = homeOf(place)
  await mkdir(home, { recursive: true })
  const config = [...place.config, ...(place.tls ? await writeTls(home, place.tls, `127.0.0.1:${place.tlsPort}`) : [])]
  await writeFile(join(home, 'rabbitmq.conf'), `${config.join('\n')}\n`)
  await writeFile(join(home, 'enabled_plugins'), '[].\n')
  await writeFile(join(home, 'environment.conf'), '')
}

/** Writes the files, and answers the lines of the configuration, which name them where the server finds them. */
export async function writeTls(
  folder: string,
  { cert, key }: NonNullable<RabbitOptions['tls']>,
  listener: string,
  seenAs: string = folder,
): Promise<readonly string[]> {
  await writeFile(join(folder, tlsFiles.cert), cert)
  // The user in a container is another. Nobody else of this machine enters the folder.
  await writeFile(join(folder, tlsFiles.key), key)
  return [
    `listeners.ssl.1 = ${listener}`,
    `ssl_options.certfile = ${join(seenAs, tlsFiles.cert)}`,
    `ssl_options.keyfile = ${join(seenAs, tlsFiles.key)}`,
    'ssl_options.verify = verify_none',
  ]
}

export const tlsFiles = { cert: 'server.pem', key: 'server.key' } as const

/** Everything that would else be found in, or written to, places that belong to the whole machine. */
function environmentOf(place: Place): NodeJS.ProcessEnv {
  const home = homeOf(place)
  return {
    PATH: process.env.PATH,
    // The nodes of a cluster share a cookie, which lies there.
    HOME: place.folder,
    LANG: 'C.UTF-8',
    ERL_CRASH_DUMP: join(home, 'erl_crash.dump'),
    ERL_EPMD_PORT: String(place.epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: place.name,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(place.port),
    RABBITMQ_DIST_PORT: String(place.distributionPort),
    RABBITMQ_BASE: home,
    RABBITMQ_MNESIA_BASE: join(home, 'data'),
    RABBITMQ_LOG_BASE: join(home, 'log'),
    RABBITMQ_PID_FILE: join(home, 'pid'),
    RABBITMQ_CONF_ENV_FILE: join(home, 'environment.conf'),
    RABBITMQ_CONFIG_FILE: join(home, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(home, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(home, 'enabled_plugins'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(home, 'config'),
    // Else the process that is started would be a shell, and its death would leave the broker behind.
    RABBITMQ_ALLOW_INPUT: '1',
  }
}
