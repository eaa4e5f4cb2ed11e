/** A minute of kills, stops, cut links and full disks on the embedded broker and SQLite: nothing answered is lost or doubled. */
import { test } from 'node:test'
import { assertCleanCampaign, shortCampaignMs } from './campaign/short.ts'

test(
  'every answered command is there once and every mail came in order, whatever is killed',
  {
    timeout: shortCampaignMs,
  },
  // It draws faults of each kind, a full disk twice.
  (t) => assertCleanCampaign(t, { broker: 'sqlite', database: 'sqlite', seed: 3 }),
)
