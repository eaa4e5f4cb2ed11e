/** The backend in containers on RabbitMQ, as deploy/compose.yaml runs it, and with compose.postgres.yaml beside it. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Containers, composePrograms, type Profile } from '../tools/containers/compose.ts'
import type { Docker } from '../tools/containers/docker.ts'
import { rabbitmq, runOn, withProject } from './containers.fixture.ts'
import { neededFolders, services } from './image.fixture.ts'
import { runOnPostgres } from './postgres.fixture.ts'

test('the backend runs in containers on RabbitMQ', { timeout: 1_400_000 }, (t) =>
  withProject(t, ['rabbitmq', 'postgres'], async (project, docker, tag) => {
    await t.test('each compose that is here accepts the file', () => acceptedByEach(docker))
    await t.test('all that the services need is in the image, and no tests and no keys', () =>
      onlyWhatRuns(docker, tag),
    )
    await runOn(t, { project, docker, profile: 'rabbitmq', brokers: [rabbitmq] }, (containers) =>
      look(t, docker, containers),
    )
    await t.test('with its data in PostgreSQL', (t) => runOnPostgres(t, docker, project))
  }),
)

async function look(t: TestContext, docker: Docker, containers: Containers): Promise<void> {
  await t.test('only the gateway and the mailbox can be reached, from this machine', () =>
    reachedFromHere(docker, containers),
  )
  await t.test('no service is root, has a right of root, or writes outside its data', () => least(docker, containers))
  await t.test('the broker knows the services and no guest', () => knownUsers(docker))
}

async function acceptedByEach(docker: Docker): Promise<void> {
  const names = ['GATEWAY', 'USERS', 'FILMS', 'MAILER']
  const passwords = names.map((name) => `${name}_BROKER_PASSWORD=x`)
  const more = names.map((name) => `${name}_DATABASE_PASSWORD=x`)
  const programs = await composePrograms(docker)
  assert.ok(programs.length > 0)
  const file = (profile: Profile, ...others: readonly string[]) =>
    ['compose.yaml', ...others].flatMap((name) => ['-f', `deploy/${name}`]).concat('--profile', profile, 'config', '-q')
  for (const program of programs) {
    for (const profile of ['rabbitmq', 'kafka', 'both'] as const) {
      await docker.program('env', ...passwords, ...program, ...file(profile))
    }
    await docker.program('env', ...passwords, ...more, ...program, ...file('both', 'compose.postgres.yaml'))
    await assert.rejects(docker.program(program[0] ?? '', ...program.slice(1), ...file('both')), /containers\.md/)
    const without = docker.program('env', ...passwords, ...program, ...file('both', 'compose.postgres.yaml'))
    await assert.rejects(without, /containers\.md/)
  }
}

async function reachedFromHere(docker: Docker, { project }: Containers): Promise<void> {
  const form = '{{.Label "com.docker.compose.service"}} {{.Ports}}'
  const ports = await docker.run('ps', '--filter', `label=com.docker.compose.project=${project}`, '--format', form)
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
