/** The backend in containers on Kafka, and on both brokers with PostgreSQL, as the files of deploy run it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kafka, rabbitmq, runOn, withProject } from './containers.fixture.ts'

test('the backend runs in containers on Kafka, and on both brokers', { timeout: 1_700_000 }, (t) =>
  withProject(t, ['rabbitmq', 'kafka', 'postgres'], async (project, docker) => {
    const topics = async () => (await docker.run('exec', 'kafka', 'ls', '/var/lib/kafka/data')).split('\n')
    await t.test('on Kafka', (t) =>
      runOn(t, { project, docker, profile: 'kafka', brokers: [kafka] }, async () => {
        assert.ok((await topics()).some((name) => name.startsWith('user.loggedIn-')))
      }),
    )
    await t.test('on both, with its data in PostgreSQL', (t) =>
      runOn(t, { project, docker, profile: 'both', database: 'postgres', brokers: [rabbitmq, kafka] }, async () => {
        const names = await topics()
        assert.ok(names.some((name) => name.startsWith('mail.sendCode-')))
        assert.deepEqual(
          names.filter((name) => name.startsWith('user.')),
          [],
          'only mail goes over Kafka',
        )
      }),
    )
  }),
)
