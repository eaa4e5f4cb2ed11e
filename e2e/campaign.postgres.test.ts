/** A minute of kills, stops and cut links on the embedded broker and PostgreSQL: nothing answered is lost or doubled. */
import { test } from 'node:test'
import { assertCleanCampaign, longerCampaignMs } from './campaign/short.ts'

test(
  'on PostgreSQL too every answered command is there once and every mail came in order',
  {
    timeout: longerCampaignMs,
  },
  (t) => assertCleanCampaign(t, { broker: 'sqlite', database: 'postgres', seed: 2 }),
)
