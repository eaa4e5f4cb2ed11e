/** The backend in containers, as deploy/compose.yaml runs it, on a real engine with images that are made here. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { logins, sessions } from '@vestnik/api'
import { insist, signIn } from '../e2e/person.ts'
import { tellStory } from '../e2e/tell-story.ts'
import { until } from '../e2e/until.ts'
import { ask } from '../tools/client/ask.ts'
import { signUp } from '../tools/client/person.ts'
import { type Containers, composePrograms, namesTaken, startContainers } from '../tools/containers/compose.ts'
import { type Docker, dockerOf } from '../tools/containers/docker.ts'
import { openEngine } from '../tools/containers/engine.ts'
import { makeStandIns } from '../tools/containers/stand-ins.ts'
import { neededFolders, services } from './image.fixture.ts'

const anna = { email: 'anna@example.org', password: 'correct horse battery staple' }

test('the backend runs in containers on RabbitMQ', { timeout: 1_400_000 }, async (t) => {
  const engine = await openEngine().catch((error: Error) => error)
  if (engine instanceof Error) return t.skip(engine.message)
  await using _engine = engine
  t.diagnostic(`the engine is ${engine.isOwn ? 'its own' : 'the one that runs'}`)
  const docker = await dockerOf(engine)
  const taken = await namesTaken(docker)
  if (taken.length > 0) return t.skip(`the engine that runs has ${taken.join(' and ')}, which the test would need`)
  const tag = randomUUID().slice(0, 8)
  await using containers = await startTimed(t, docker, tag)
  await t.test('each compose that is here accepts the file', () => acceptedByEach(docker))
  await t.test('a person signs up, signs in, rents and signs out', async () => {
    await tellStory(containers, 'vera@example.org')
  })
  await t.test('only the gateway and the mailbox can be reached, from this machine', () => reachedFromHere(docker, tag))
  await t.test('no service is root, has a right of root, or writes outside its data', () => least(docker, containers))
  await t.test('all that the services need is in the image, and no tests and no keys', () => onlyWhatRuns(docker, tag))
  await t.test('the broker knows the services and no guest', () => knownUsers(docker))
  await t.test('a broker that is killed and started again loses nothing', () => killBroker(docker, containers))
  await t.test('a service that is told to stop ends in order', () => endsInOrder(docker, containers))
})

async function startTimed(t: TestContext, docker: Docker, tag: string): Promise<Containers> {
  const startedAt = performance.now()
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`
  const standIns = await makeStandIns(docker, tag)
  t.diagnostic(`images that stand in for the public ones after ${seconds()}`)
  const containers = await startContainers(docker, standIns, tag)
  t.diagnostic(`everything is ready after ${seconds()}`)
  return containers
}

async function acceptedByEach(docker: Docker): Promise<void> {
  const passwords = ['GATEWAY', 'USERS', 'FILMS', 'MAILER'].map((name) => `${name}_BROKER_PASSWORD=x`)
  const programs = await composePrograms(docker)
  assert.ok(programs.length > 0)
  const file = ['-f', 'deploy/compose.yaml', '--profile', 'rabbitmq', 'config', '--quiet']
  for (const program of programs) {
    await docker.program('env', ...passwords, ...program, ...file)
    await assert.rejects(docker.program(program[0] ?? '', ...program.slice(1), ...file), /containers\.md/)
  }
}

async function reachedFromHere(docker: Docker, tag: string): Promise<void> {
  const project = `label=com.docker.compose.project=vestnik-${tag}`
  const ports = await docker.run(
    'ps',
    '--filter',
    project,
    '--format',
    '{{.Label "com.docker.compose.service"}} {{.Ports}}',
  )
  const published = ports.split('\n').filter((line) => line.includes('->'))
  assert.deepEqual(published.map((line) => line.replace(/:[0-9]+->/, ' ')).sort(), [
    'gateway 127.0.0.1 3000/tcp',
    'mailbox 127.0.0.1 8025/tcp',
  ])
}

async function least(docker: Docker, containers: Containers): Promise<void> {
  for (const service of services) {
    const id = await containers.idOf(service)
    const inside = (command: string) => docker.run('exec', id, 'sh', '-c', command)
    assert.notEqual((await inside('id -u')).trim(), '0', service)
    assert.match(await inside('cat /proc/1/status'), /^CapBnd:\t0+$/m)
    await assert.rejects(inside('touch /app/here'), /Read-only file system/)
    await inside('touch /data/here && rm /data/here')
  }
  assert.match(await docker.run('exec', 'message-broker', 'id', '-un'), /rabbitmq/)
  await assert.rejects(docker.run('exec', 'message-broker', 'touch', '/etc/here'), /Read-only file system/)
}

async function onlyWhatRuns(docker: Docker, tag: string): Promise<void> {
  const find = ['find', '/app', '/data', '-path', '/app/node_modules', '-prune', '-o', '-type', 'f', '-print']
  const files = (
    await docker.run('run', '--rm', '--entrypoint', 'sh', `vestnik-services:${tag}`, '-c', find.join(' '))
  ).split('\n')
  for (const folder of neededFolders()) assert.ok(files.includes(`/app/${folder}/package.json`), folder)
  assert.deepEqual(
    files.filter((path) => /\.(test|fixture)\.ts$|\/(test|testing|conformance)\/|\.env|\.db|\.pem|^\/data/.test(path)),
    [],
  )
}

async function knownUsers(docker: Docker): Promise<void> {
  const control = (...words: readonly string[]) => docker.run('exec', 'message-broker', 'rabbitmqctl', '-q', ...words)
  const users = JSON.parse(await control('list_users', '--formatter', 'json'))
  assert.deepEqual(users.map(({ user, tags }: { user: string; tags: string[] }) => [user, ...tags].join()).sort(), [
    'films',
    'gateway',
    'mailer',
    'users',
  ])
  await assert.rejects(control('authenticate_user', 'guest', 'guest'))
}

async function killBroker(docker: Docker, containers: Containers): Promise<void> {
  const { url } = containers
  await signUp(containers, anna)
  await docker.run('kill', 'message-broker')
  const token = await signIn(url, anna)
  const listed = () => insist(() => ask(url, logins.listLogins, { token }))
  assert.equal((await listed()).total, 0, 'its sign-in waits in the outbox')
  await docker.run('start', 'message-broker')
  await until('the sign-in is listed', async () => (await listed()).total > 0, 120_000)
  await tellStory(containers, 'boris@example.org')
  await ask(url, sessions.signOut, { token })
  const again = await signIn(url, anna)
  await until(
    'both sign-ins are listed',
    async () => (await ask(url, logins.listLogins, { token: again })).total >= 2,
    120_000,
  )
  assert.equal((await ask(url, logins.listLogins, { token: again })).total, 2, 'each once')
}

async function endsInOrder(docker: Docker, containers: Containers): Promise<void> {
  const ids = await Promise.all(services.map(containers.idOf))
  await docker.run('stop', '--time', '20', ...ids)
  for (const [i, id] of ids.entries()) {
    assert.equal((await docker.run('inspect', '--format', '{{.State.ExitCode}}', id)).trim(), '0', `${services[i]}`)
  }
}
