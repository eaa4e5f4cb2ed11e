/** A minute of kills, stops and cut links on Kafka, with each database: nothing answered is lost or doubled. */
import { suite, test } from 'node:test'
import { assertCleanCampaign, longerCampaignMs } from './campaign/short.ts'

suite('on Kafka every answered command is there once and every mail came in order', () => {
  test('with SQLite', { timeout: longerCampaignMs }, (t) =>
    assertCleanCampaign(t, { broker: 'kafka', database: 'sqlite', seed: 5 }),
  )
  test('with PostgreSQL', { timeout: longerCampaignMs }, (t) =>
    assertCleanCampaign(t, { broker: 'kafka', database: 'postgres', seed: 6 }),
  )
})
