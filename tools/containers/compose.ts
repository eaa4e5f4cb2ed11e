/** The backend of deploy/compose.yaml on an engine, with images that stand in for the public ones. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts, guardCommand } from '../brokers/guarded.ts'
import { type Mailbox, openMailbox } from '../client/mailbox.ts'
import { root } from '../repository.ts'
import type { Docker } from './docker.ts'
import type { StandIns } from './stand-ins.ts'

/** What carries the messages, as the file names its profiles. */
export type Profile = 'rabbitmq' | 'kafka' | 'both'

/** Where the services keep their data: each in a volume of its own, or in PostgreSQL, by a second file. */
export type Database = 'sqlite' | 'postgres'

export interface Project extends AsyncDisposable {
  /** Starts everything of a profile. Resolves when all of it is ready. One at a time. */
  start(profile: Profile, database?: Database): Promise<Containers>
}

/** What runs, until it is disposed of with all its data. */
export interface Containers extends AsyncDisposable {
  /** What compose calls all of it. */
  readonly project: string
  /** The gateway's address, and the mailbox, as this machine reaches them. */
  readonly url: string
  readonly mailbox: Mailbox
  /** The id of the container of a service, the mailbox or the database. */
  idOf(service: string): Promise<string>
}

/** What the file calls by fixed names: an engine has each once. */
const fixedContainers: readonly string[] = ['message-broker', 'kafka']
const fixedNetworks: readonly string[] = ['backend-microservices-network', 'mail_net']

/** The words that name the files. */
function filesWith(database: Database): readonly string[] {
  const names = database === 'postgres' ? ['compose.yaml', 'compose.postgres.yaml'] : ['compose.yaml']
  return names.flatMap((name) => ['-f', join(root, 'deploy', name)])
}

const readyMs = 180_000

/** What of compose is here: the plugin of Docker, the older program, or both. */
export async function composePrograms({ program }: Docker): Promise<readonly (readonly string[])[]> {
  const known = [['docker', 'compose'], ['docker-compose']]
  const found = known.map(async ([command = '', ...words]) =>
    program(command, ...words, 'version').then(
      () => true,
      () => false,
    ),
  )
  const isHere = await Promise.all(found)
  return known.filter((_, i) => isHere[i])
}

/** Containers and networks that others have on the engine under the names of the file: theirs are left alone. */
export async function namesTaken({ run }: Docker): Promise<readonly string[]> {
  const containers = (await run('ps', '--all', '--format', '{{.Names}}')).split('\n')
  const networks = (await run('network', 'ls', '--format', '{{.Name}}')).split('\n')
  return [
    ...fixedContainers.filter((name) => containers.includes(name)).map((name) => `the container ${name}`),
    ...fixedNetworks.filter((name) => networks.includes(name)).map((name) => `the network ${name}`),
  ]
}

/** Builds the services' image. */
export async function openProject(docker: Docker, standIns: StandIns, tag: string): Promise<Project> {
  const [gatewayPort = 0, mailboxPort = 0] = await freePorts(2)
  const project = `vestnik-${tag}`
  const image = `vestnik-services:${tag}`
  const variables = {
    ...unset,
    ...passwords(),
    COMPOSE_PROJECT_NAME: project,
    NODE_IMAGE: standIns.node,
    RABBITMQ_IMAGE: standIns.rabbitmq ?? '',
    KAFKA_IMAGE: standIns.kafka ?? '',
    POSTGRES_IMAGE: standIns.postgres ?? '',
    VESTNIK_IMAGE: image,
    NPM_CONFIG_REGISTRY: (await docker.program('npm', 'config', 'get', 'registry')).trim(),
    GATEWAY_PORT: String(gatewayPort),
    MAILBOX_PORT: String(mailboxPort),
  }
  const [[program = '', ...first] = []] = await composePrograms(docker)
  const env = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  const composeOn =
    (profile: Profile, database: Database) =>
    (...words: readonly string[]) =>
      docker.program('env', ...env, program, ...first, ...filesWith(database), '--profile', profile, ...words)
  const images = [image, ...Object.values(standIns)]
  const forget = docker.engine.isOwn ? () => {} : guardProject(project, images)
  await composeOn('rabbitmq', 'sqlite')('build', 'mailbox')

  async function start(profile: Profile, database: Database = 'sqlite'): Promise<Containers> {
    const url = `http://127.0.0.1:${gatewayPort}`
    const compose = composeOn(profile, database)
    const down = async () => void (await compose('down', '--volumes', '--remove-orphans', '--timeout', '5'))
    try {
      await compose('up', '--detach', '--no-build')
      await untilAnswers(`${url}/readyz`)
    } catch (error) {
      const said = await compose('logs', '--no-color', '--tail', '20').catch(String)
      await down()
      const why = error instanceof Error ? error.message : error
      throw new Error(`start the containers on ${profile} and ${database}: ${why}\n${said}`, { cause: error })
    }
    return {
      project,
      url,
      mailbox: openMailbox(`http://127.0.0.1:${mailboxPort}`),
      idOf: (service) => idOf(docker, project, nameOn(profile, service)),
      [Symbol.asyncDispose]: down,
    }
  }

  return {
    start,
    async [Symbol.asyncDispose]() {
      if (!docker.engine.isOwn) await docker.run('rmi', '--force', ...images)
      forget()
    },
  }
}

/** What the file calls a service with these brokers. */
function nameOn(profile: Profile, service: string): string {
  return profile === 'rabbitmq' || service === 'mailbox' || service === 'database'
    ? service
    : `${service}-on-${profile}`
}

/** What this machine's environment says is not meant for the containers. */
const unset = { NODE_ENV: '', ALLOW_PLAINTEXT: '', TRUST_PROXY: '', MAIL_FROM: '', PUBLISH_ADDRESS: '' }

function passwords(): Readonly<Record<string, string>> {
  const names = ['GATEWAY', 'USERS', 'FILMS', 'MAILER']
  const variables = names.flatMap((name) => [`${name}_BROKER_PASSWORD`, `${name}_DATABASE_PASSWORD`])
  return Object.fromEntries(variables.map((name) => [name, randomBytes(24).toString('base64url')]))
}

/** On an engine that stays, all that bears the project's label goes, should this process be killed. */
function guardProject(project: string, images: readonly string[]): () => void {
  const labelled = `--filter label=com.docker.compose.project=${project}`
  const script = [
    `docker ps --all --quiet ${labelled} | xargs --no-run-if-empty docker rm --force --volumes`,
    `docker network ls --quiet ${labelled} | xargs --no-run-if-empty docker network rm`,
    `docker volume ls --quiet ${labelled} | xargs --no-run-if-empty docker volume rm`,
    `docker rmi --force ${images.join(' ')}`,
  ]
  return guardCommand('sh', ['-c', script.join('\n')])
}

async function idOf({ run }: Docker, project: string, service: string): Promise<string> {
  const labels = [`com.docker.compose.project=${project}`, `com.docker.compose.service=${service}`]
  const filters = labels.flatMap((label) => ['--filter', `label=${label}`])
  return (await run('ps', '--all', '--quiet', ...filters)).trim()
}

async function untilAnswers(url: string): Promise<void> {
  const end = performance.now() + readyMs
  while (
    !(await fetch(url, { signal: AbortSignal.timeout(2000) }).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (performance.now() > end) throw new Error(`${url} did not answer within ${readyMs} ms`)
    await sleep(100)
  }
}
