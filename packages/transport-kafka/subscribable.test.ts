/** Which brokers a group can be read from. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openOldBroker } from './old-broker.fixture.ts'
import { readSettings } from './options.ts'
import { checkTopic } from './subscribable.ts'

const [metadata, versions, heartbeat] = [3, 18, 68]

test('a broker that shares no partitions out by itself is refused at once, with what is needed', async () => {
  const common = { [metadata]: 12, [versions]: 4 }
  for (const newest of [common, { ...common, [heartbeat]: 0 }]) {
    await using broker = await openOldBroker(newest)
    const settings = readSettings(`kafka://127.0.0.1:${broker.port}`, {})
    await assert.rejects(checkTopic(settings, 'mails', 'subscribe readers to mails'), {
      code: 'BROKER_REFUSED',
      message:
        'subscribe readers to mails: it shares no partitions out by itself (KIP-848): Kafka 4.0 or newer is needed',
    })
  }
})
