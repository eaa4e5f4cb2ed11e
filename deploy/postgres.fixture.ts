/** The backend in containers with its data in PostgreSQL, as deploy/compose.postgres.yaml adds it: what the test does with it. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { films, logins, sessions, users } from '@vestnik/api'
import { insist, signIn } from '../e2e/person.ts'
import { tellStory } from '../e2e/tell-story.ts'
import { until } from '../e2e/until.ts'
import { ask } from '../tools/client/ask.ts'
import { signUp } from '../tools/client/person.ts'
import type { Containers, Project } from '../tools/containers/compose.ts'
import type { Docker } from '../tools/containers/docker.ts'
import { endsInOrder, isLittle, timer } from './containers.fixture.ts'

const owners = ['films', 'gateway', 'mailer', 'users'] as const
const boris = { email: 'boris@example.org', password: 'correct horse battery staple' }

/** On RabbitMQ: the story, who may do what, a kill of the database with the story again, and an end in good order. */
export async function runOnPostgres(t: TestContext, docker: Docker, project: Project): Promise<void> {
  const after = timer(t)
  await using containers = await project.start('rabbitmq', 'postgres')
  after('everything is ready')
  const database = await containers.idOf('database')
  await t.test('a person signs up, signs in, rents and signs out', async () => {
    await tellStory(containers, 'vera@example.org')
  })
  await t.test('each service keeps all of its data there', () => keepsNothingElse(docker, containers))
  await t.test('a service may look at nothing but its own schema', () => ownSchemas(docker, database))
  await t.test('the database has no right of root and writes nowhere but to its data', () =>
    isLittle(docker, database, 'postgres'),
  )
  await t.test('a database that is killed, and started again, loses nothing', () =>
    killDatabase(docker, database, containers),
  )
  await t.test('a service that is told to stop ends in order, and the database after it', async () => {
    await endsInOrder(docker, containers)
    await endsInOrder(docker, containers, ['database'])
  })
}

async function keepsNothingElse(docker: Docker, containers: Containers): Promise<void> {
  for (const service of owners) {
    const files = await docker.run('exec', await containers.idOf(service), 'find', '/data', '-name', '*.db*')
    assert.equal(files, '', service)
  }
}

/** Whose tables each may read; one statement of another schema, and one of another database, as the proof. */
async function ownSchemas(docker: Docker, database: string): Promise<void> {
  const readable = `SELECT DISTINCT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind = 'r' AND nspname <> 'information_schema' AND nspname !~ '^pg_'
      AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')`
  for (const owner of owners) {
    const run = (sql: string, name?: string) => asService(docker, database, owner, sql, name)
    assert.equal((await run(readable)).trim(), owner)
    const other = owner === 'users' ? 'films' : 'users'
    await assert.rejects(run(`TABLE ${other}.vestnik_outbox`), new RegExp(`permission denied for schema ${other}`))
    await assert.rejects(run('SELECT 1', 'postgres'), /no pg_hba.conf entry/)
  }
}

/** As the service itself connects: by its password, over the network. */
function asService(docker: Docker, database: string, owner: string, sql: string, name = 'vestnik'): Promise<string> {
  const url = `postgres://${owner}:$${owner.toUpperCase()}_DATABASE_PASSWORD@127.0.0.1/${name}`
  return docker.run('exec', database, 'sh', '-c', `psql -At "${url}" -c "$0"`, sql)
}

async function killDatabase(docker: Docker, database: string, containers: Containers): Promise<void> {
  const { url } = containers
  await signUp(containers, boris)
  // Nobody knows how far its message has come by then.
  const token = await signIn(url, boris)
  await docker.run('kill', database)
  await assert.rejects(signIn(url, boris), { status: 503 })
  await docker.run('start', database)
  await insist(() => ask(url, films.listFilms, {}))
  await insist(() => ask(url, users.ownAccount, { token }))
  const total = async () => (await insist(() => ask(url, logins.listLogins, { token }))).total
  await until('the sign-in is listed', async () => (await total()) > 0, 120_000)
  await tellStory(containers, 'galina@example.org')
  await ask(url, sessions.signOut, { token })
  const again = await signIn(url, boris)
  const totalAgain = async () => (await ask(url, logins.listLogins, { token: again })).total
  await until('both sign-ins are listed', async () => (await totalAgain()) >= 2, 120_000)
  assert.equal(await totalAgain(), 2, 'each once')
}
