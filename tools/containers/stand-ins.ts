/**
 * Images that stand in for the public ones, made here of Debian's packages, so that no image is pulled: Node with npm, as
 * in `node:26-bookworm-slim`, RabbitMQ, PostgreSQL, and Kafka of the jars that tests run. What takes long is kept in the
 * user's cache.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, cp, mkdir, realpath, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { guardCommand, guardedFolder, removeFolder, runGuarded } from '../brokers/guarded.ts'
import { kafkaJars } from '../brokers/kafka-jars.ts'
import type { Docker } from './docker.ts'
import { trustedCertificates } from './trust.ts'

export interface StandIns {
  /** What the others are made from. */
  readonly debian: string
  readonly node: string
  readonly rabbitmq?: string
  readonly kafka?: string
  readonly postgres?: string
}

/** What the services talk to. */
export type ServerImage = 'rabbitmq' | 'kafka' | 'postgres'

/** What the public image of Node has besides Debian's smallest system. */
const packages = ['ca-certificates', 'libatomic1', 'libstdc++6']
const suite = 'bookworm'

const rabbitmqFile = `
RUN apt-get -q update \\
 && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install rabbitmq-server \\
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
# The server's own scripts, as in the public image, not those that change the user.
ENV PATH=/usr/lib/rabbitmq/bin:$PATH
CMD ["rabbitmq-server"]
`
/** Folders and rights are those of the public image, whose entrypoint compose does not run. What compiles long queries is large. */
const postgresFile = `
RUN apt-get -q update \\
 && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install postgresql-common \\
 && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \\
 && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install postgresql-15 \\
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/lib/*/libLLVM-*
ENV PATH=$PATH:/usr/lib/postgresql/15/bin
RUN install -d -o postgres -g postgres -m 1777 /var/lib/postgresql /var/lib/postgresql/data
VOLUME /var/lib/postgresql/data
`
/** The public image has Java and Kafka's scripts, of which these do what compose.yaml asks of them. */
const javaFile = `
RUN apt-get -q update \\
 && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install openjdk-17-jre-headless \\
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
RUN useradd --create-home --uid 1000 appuser && install -d -o appuser /var/lib/kafka/data
`
const kafkaFile = `
COPY bin /opt/kafka/bin
COPY libs /opt/kafka/libs
`
const kafkaScripts = {
  'kafka-storage.sh': 'kafka.tools.StorageTool',
  'kafka-server-start.sh': 'kafka.Kafka',
} as const

const nodeFile = `
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
# npm alone trusts what this machine trusts: the services trust what they would in the public image.
COPY certificates.pem npmrc /usr/local/etc/
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && useradd --create-home --uid 1000 node
CMD ["node"]
`

/** Their names end with `tag`, so that they can be told from all others. */
export async function makeStandIns(docker: Docker, tag: string, servers: readonly ServerImage[]): Promise<StandIns> {
  const debian = `vestnik-debian:${tag}`
  const node = `vestnik-node:${tag}`
  const folder = await guardedFolder('images')
  const contextFor = async (name: string) => {
    await mkdir(join(folder, name))
    return join(folder, name)
  }
  try {
    await docker.run('import', await debianArchive(folder), debian)
    const made = servers.map(async (server) => {
      const image = `vestnik-${server}:${tag}`
      const context = await contextFor(server)
      if (server === 'kafka') await makeKafka(docker, context, debian, image)
      else await makeOfDebian(docker, context, debian, image, server === 'rabbitmq' ? rabbitmqFile : postgresFile)
      return [server, image] as const
    })
    await makeNode(docker, await contextFor('node'), debian, node)
    return { debian, node, ...Object.fromEntries(await Promise.all(made)) }
  } finally {
    removeFolder(folder)
  }
}

const makeMs = 600_000

/** The smallest system as one archive, without its lists of packages. */
function debianArchive(folder: string): Promise<string> {
  const recipe = ['--variant=minbase', `--include=${packages.join(',')}`, suite]
  return cached('debian', recipe.join(' '), async (file) => {
    const root = join(folder, 'debian')
    // It mounts what the system needs: in a space of its own nothing of that stays, however it ends.
    const isolation = ['--mount', '--pid', '--fork', '--kill-child=SIGKILL']
    await runGuarded('unshare', [...isolation, 'debootstrap', ...recipe, root], makeMs)
    const without = ['--exclude=./var/cache/apt/*', '--exclude=./var/lib/apt/lists/*']
    await runGuarded('tar', ['-C', root, ...without, '-cf', file, '.'], makeMs)
  })
}

/** Debian with packages that take long, from the cache if they were installed before. */
async function makeOfDebian(
  docker: Docker,
  context: string,
  debian: string,
  image: string,
  made: string,
): Promise<void> {
  const recipe = [suite, packages.join(), made].join('\n')
  let isMade = false
  const archive = await cached(`${basename(context)}-image`, recipe, async (file) => {
    await writeFile(join(context, 'Dockerfile'), `FROM ${debian}${made}`)
    await docker.build(context, '--tag', image)
    // By its id: no other name is given or lost when it is loaded.
    const id = await docker.run('image', 'inspect', '--format', '{{.Id}}', image)
    await docker.run('save', '--output', file, id.trim())
    isMade = true
  })
  if (isMade) return
  const loaded = await docker.run('load', '--quiet', '--input', archive)
  await docker.run('tag', /sha256:[0-9a-f]+/.exec(loaded)?.[0] ?? loaded, image)
}

async function makeKafka(docker: Docker, context: string, debian: string, image: string): Promise<void> {
  const jars = kafkaJars()
  if (jars === undefined) throw new Error('there are no jars of Kafka, and no Maven that would fetch them')
  await makeOfDebian(docker, context, debian, image, javaFile)
  await cp(jars, join(context, 'libs'), { recursive: true })
  await mkdir(join(context, 'bin'))
  for (const [script, main] of Object.entries(kafkaScripts)) {
    const line = `exec java \${KAFKA_HEAP_OPTS:--Xmx512m} -cp '/opt/kafka/libs/*' ${main} "$@"`
    await writeFile(join(context, 'bin', script), `#!/bin/sh\n${line}\n`, { mode: 0o755 })
  }
  await writeFile(join(context, 'Dockerfile'), `FROM ${image}${kafkaFile}`)
  await docker.build(context, '--tag', image)
}

/** This process's own Node, and the npm of this machine. */
async function makeNode(docker: Docker, context: string, debian: string, image: string): Promise<void> {
  await Promise.all([
    copyFile(process.execPath, join(context, 'node')),
    cp(await npmFolder(), join(context, 'npm'), { recursive: true, dereference: true }),
    writeFile(join(context, 'certificates.pem'), await trustedCertificates()),
    writeFile(join(context, 'npmrc'), 'cafile=/usr/local/etc/certificates.pem\n'),
    writeFile(join(context, 'Dockerfile'), `FROM ${debian}${nodeFile}`),
  ])
  await docker.build(context, '--tag', image)
}

async function npmFolder(): Promise<string> {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'npm'))
  const found = process.env.npm_execpath ?? places.find((path) => existsSync(path))
  if (found === undefined) throw new Error('there is no npm on PATH')
  return dirname(dirname(await realpath(found)))
}

/** A file of the user's cache; a changed recipe makes another one. */
async function cached(name: string, recipe: string, make: (file: string) => Promise<void>): Promise<string> {
  const key = createHash('sha256').update(recipe).update(process.arch).digest('hex').slice(0, 12)
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vestnik')
  const file = join(folder, `${name}-${key}.tar`)
  if (existsSync(file)) return file
  await mkdir(folder, { recursive: true })
  const draft = `${file}.${process.pid}`
  const forget = guardCommand('rm', ['-f', draft])
  await make(draft)
  await rename(draft, file)
  forget()
  return file
}
