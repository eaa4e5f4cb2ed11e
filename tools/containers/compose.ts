/** The backend of deploy/compose.yaml on an engine, with images that stand in for the public ones. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../brokers/guarded.ts'
import { type Mailbox, openMailbox } from '../client/mailbox.ts'
import { root } from '../repository.ts'
import type { Docker } from './docker.ts'
import type { StandIns } from './stand-ins.ts'

export interface Containers extends AsyncDisposable {
  /** The gateway's address, and the mailbox, as this machine reaches them. */
  readonly url: string
  readonly mailbox: Mailbox
  /** Runs a command of compose on it. */
  compose(...words: readonly string[]): Promise<string>
  /** The id of a service's container. */
  idOf(service: string): Promise<string>
  /** Resolves when the gateway answers that it is ready. */
  untilReady(): Promise<void>
}

const composeFile: string = join(root, 'deploy', 'compose.yaml')

const readyMs = 60_000

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

/** Builds the services' image, and starts everything. Resolves when all of it is ready. */
export async function startContainers(docker: Docker, standIns: StandIns, tag: string): Promise<Containers> {
  const [gatewayPort = 0, mailboxPort = 0] = await freePorts(2)
  const image = `vestnik-services:${tag}`
  const variables = {
    ...passwords(),
    COMPOSE_PROJECT_NAME: `vestnik-${tag}`,
    NODE_IMAGE: standIns.node,
    RABBITMQ_IMAGE: standIns.rabbitmq,
    VESTNIK_IMAGE: image,
    NPM_CONFIG_REGISTRY: (await docker.program('npm', 'config', 'get', 'registry')).trim(),
    GATEWAY_PORT: String(gatewayPort),
    MAILBOX_PORT: String(mailboxPort),
  }
  const [[program = '', ...first] = []] = await composePrograms(docker)
  const env = Object.entries({ ...unset, ...variables }).map(([name, value]) => `${name}=${value}`)
  const compose = (...words: readonly string[]) =>
    docker.program('env', ...env, program, ...first, '-f', composeFile, '--profile', 'rabbitmq', ...words)
  const url = `http://127.0.0.1:${gatewayPort}`

  async function dispose(): Promise<void> {
    await compose('down', '--volumes', '--remove-orphans', '--timeout', '5')
    if (!docker.engine.isOwn) await docker.run('rmi', '--force', image, ...Object.values(standIns))
  }

  const containers: Containers = {
    url,
    mailbox: openMailbox(`http://127.0.0.1:${mailboxPort}`),
    compose,
    idOf: (service) => idOf(docker, `vestnik-${tag}`, service),
    untilReady: () => untilAnswers(`${url}/readyz`),
    [Symbol.asyncDispose]: dispose,
  }
  try {
    await compose('build', 'gateway')
    await compose('up', '--detach', '--no-build')
    await containers.untilReady()
    return containers
  } catch (error) {
    const said = await compose('logs', '--no-color', '--tail', '20').catch(String)
    await dispose()
    throw new Error(`start the containers: ${error instanceof Error ? error.message : error}\n${said}`, {
      cause: error,
    })
  }
}

/** What this machine's environment says is not meant for the containers. */
const unset = { NODE_ENV: '', ALLOW_PLAINTEXT: '', TRUST_PROXY: '', MAIL_FROM: '', PUBLISH_ADDRESS: '' }

function passwords(): Readonly<Record<string, string>> {
  const names = ['GATEWAY', 'USERS', 'FILMS', 'MAILER']
  return Object.fromEntries(names.map((name) => [`${name}_BROKER_PASSWORD`, randomBytes(24).toString('base64url')]))
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
