/**
 * Images that stand in for the public ones, made here of Debian's packages, so that no image is pulled: Node with npm, as
 * in `node:26-bookworm-slim`, and RabbitMQ. What takes long is kept in the user's cache.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, cp, mkdir, realpath, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { guardCommand, guardedFolder, removeFolder, runGuarded } from '../brokers/guarded.ts'
import type { Docker } from './docker.ts'
import { trustedCertificates } from './trust.ts'

export interface StandIns {
  /** What the others are made from. */
  readonly debian: string
  readonly node: string
  readonly rabbitmq: string
}

/** What the public image of Node has besides Debian's smallest system. */
const packages = ['ca-certificates', 'libatomic1', 'libstdc++6']
const suite = 'bookworm'

const rabbitmqFile = `
RUN apt-get -q update \\
 && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install rabbitmq-server \\
 && rm -rf /var/lib/apt/lists/*
# The server's own scripts, as in the public image, not those that change the user.
ENV PATH=/usr/lib/rabbitmq/bin:$PATH
CMD ["rabbitmq-server"]
`
const nodeFile = `
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
# npm alone trusts what this machine trusts: the services trust what they would in the public image.
COPY certificates.pem npmrc /usr/local/etc/
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && useradd --create-home --uid 1000 node
CMD ["node"]
`

/** Their names end with `tag`, so that they can be told from all others. */
export async function makeStandIns(docker: Docker, tag: string): Promise<StandIns> {
  const debian = `vestnik-debian:${tag}`
  const images = { debian, node: `vestnik-node:${tag}`, rabbitmq: `vestnik-rabbitmq:${tag}` }
  const folder = await guardedFolder('images')
  try {
    await docker.run('import', await debianArchive(folder), debian)
    await Promise.all([
      makeRabbitmq(docker, folder, debian, images.rabbitmq),
      makeNode(docker, folder, debian, images.node),
    ])
  } finally {
    removeFolder(folder)
  }
  return images
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

async function makeRabbitmq(docker: Docker, folder: string, debian: string, image: string): Promise<void> {
  const context = join(folder, 'rabbitmq')
  await mkdir(context)
  const recipe = [suite, packages.join(), rabbitmqFile].join('\n')
  const archive = await cached('rabbitmq-image', recipe, async (file) => {
    await writeFile(join(context, 'Dockerfile'), `FROM ${debian}${rabbitmqFile}`)
    await docker.build(context, '--tag', image)
    // By its id: no other name is given or lost when it is loaded.
    const id = await docker.run('image', 'inspect', '--format', '{{.Id}}', image)
    await docker.run('save', '--output', file, id.trim())
  })
  const loaded = await docker.run('load', '--quiet', '--input', archive)
  await docker.run('tag', /sha256:[0-9a-f]+/.exec(loaded)?.[0] ?? loaded, image)
}

/** This process's own Node, and the npm of this machine. */
async function makeNode(docker: Docker, folder: string, debian: string, image: string): Promise<void> {
  const context = join(folder, 'node')
  await mkdir(context)
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
