/** Sign-ins and rentals on Kafka while every service is killed at random. */
import { after, test } from 'node:test'
import { sharedKafka } from '../tools/brokers/kafka.ts'
import { surviveKills } from './kill-run/survive-kills.ts'

const broker = await sharedKafka()
after(() => broker[Symbol.asyncDispose]())

test(
  'on Kafka too every answered sign-in and rental is there once and every mail came',
  {
    timeout: 380_000,
  },
  (t) => surviveKills(t, { MESSAGE_BROKER_URL: broker.url }),
)
