/** The backend in containers, as deploy/compose.yaml runs it, on a real engine with images that are made here: what tests of each profile do. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { logins, sessions } from '@vestnik/api'
import { insist, signIn } from '../e2e/person.ts'
import { tellStory } from '../e2e/tell-story.ts'
import { until } from '../e2e/until.ts'
import { ask } from '../tools/client/ask.ts'
import { signUp } from '../tools/client/person.ts'
import {
  type Containers,
  type Database,
  namesTaken,
  openProject,
  type Profile,
  type Project,
} from '../tools/containers/compose.ts'
import { type Docker, dockerOf } from '../tools/containers/docker.ts'
import { openEngine } from '../tools/containers/engine.ts'
import { makeStandIns, type ServerImage } from '../tools/containers/stand-ins.ts'
import { services } from './image.fixture.ts'

const anna = { email: 'anna@example.org', password: 'correct horse battery staple' }

/** Skips the test, with the reason, where there is no engine that it may use. */
export async function withProject(
  t: TestContext,
  servers: readonly ServerImage[],
  work: (project: Project, docker: Docker, tag: string) => Promise<void>,
): Promise<void> {
  const engine = await openEngine().catch((error: Error) => error)
  if (engine instanceof Error) return t.skip(engine.message)
  await using _engine = engine
  t.diagnostic(`the engine is ${engine.isOwn ? 'its own' : 'the one that runs'}`)
  const docker = await dockerOf(engine)
  const taken = await namesTaken(docker)
  if (taken.length > 0) return t.skip(`the engine that runs has ${taken.join(' and ')}, which the test would need`)
  const tag = randomUUID().slice(0, 8)
  const after = timer(t)
  const standIns = await makeStandIns(docker, tag, servers)
  after('images that stand in for the public ones')
  await using project = await openProject(docker, standIns, tag)
  after('the image of the services')
  await work(project, docker, tag)
}

/** Tells how long a part took. */
export function timer(t: TestContext): (what: string) => void {
  const startedAt = performance.now()
  return (what) => t.diagnostic(`${what} after ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
}

/** The story on a profile, `part`, a kill of these brokers with the story again, and an end in good order. */
export async function runOn(
  t: TestContext,
  { project, docker, profile, database = 'sqlite', brokers }: Stage,
  part: (containers: Containers) => Promise<void>,
): Promise<void> {
  const after = timer(t)
  await using containers = await project.start(profile, database)
  after('everything is ready')
  await t.test('a person signs up, signs in, rents and signs out', async () => {
    await tellStory(containers, 'vera@example.org')
  })
  await part(containers)
  for (const { name, user } of brokers) {
    await t.test(`${name} has no right of root and writes nowhere but to its data`, () => isLittle(docker, name, user))
  }
  await t.test('what is killed of the brokers, and started again, loses nothing', async () => {
    await killBrokers(
      docker,
      containers,
      brokers.map(({ name }) => name),
    )
  })
  await t.test('a service that is told to stop ends in order', () => endsInOrder(docker, containers))
}

export interface Stage {
  readonly project: Project
  readonly docker: Docker
  readonly profile: Profile
  /** @default 'sqlite' */
  readonly database?: Database
  /** Containers, and the user that each runs as. */
  readonly brokers: readonly { readonly name: string; readonly user: string }[]
}

export const rabbitmq = { name: 'message-broker', user: 'rabbitmq' }
export const kafka = { name: 'kafka', user: 'appuser' }

/** A server that needs no more than its user. */
export async function isLittle(docker: Docker, name: string, user: string): Promise<void> {
  assert.equal((await docker.run('exec', name, 'id', '-un')).trim(), user)
  assert.match(await docker.run('exec', name, 'cat', '/proc/1/status'), /^CapBnd:\t0+$/m)
  await assert.rejects(docker.run('exec', name, 'touch', '/etc/here'), /Read-only file system/)
}

async function killBrokers(docker: Docker, containers: Containers, brokers: readonly string[]): Promise<void> {
  const { url } = containers
  await signUp(containers, anna)
  await docker.run('kill', ...brokers)
  const token = await signIn(url, anna)
  const listed = () => insist(() => ask(url, logins.listLogins, { token }))
  assert.equal((await listed()).total, 0, 'its sign-in waits in the outbox')
  await docker.run('start', ...brokers)
  await until('the sign-in is listed', async () => (await listed()).total > 0, 120_000)
  await tellStory(containers, 'boris@example.org')
  await ask(url, sessions.signOut, { token })
  const again = await signIn(url, anna)
  const listedAgain = async () => (await insist(() => ask(url, logins.listLogins, { token: again }))).total
  await until('both sign-ins are listed', async () => (await listedAgain()) >= 2, 120_000)
  assert.equal(await listedAgain(), 2, 'each once')
}

/** Told to stop, they end by themselves. */
export async function endsInOrder(
  docker: Docker,
  containers: Containers,
  names: readonly string[] = services,
): Promise<void> {
  const ids = await Promise.all(names.map(containers.idOf))
  await docker.run('stop', '--time', '20', ...ids)
  for (const [i, id] of ids.entries()) {
    assert.equal((await docker.run('inspect', '--format', '{{.State.ExitCode}}', id)).trim(), '0', `${names[i]}`)
  }
}
