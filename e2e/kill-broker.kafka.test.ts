/** Kafka is killed again and again under the load of producers and consumers: nothing confirmed is lost, nothing doubled, and all goes on. */
import { after, test } from 'node:test'
import { privateKafka } from '../tools/brokers/kafka.ts'
import { surviveBrokerKills } from './kill/survive-broker-kills.ts'

const kills = Number(process.env.KILLS ?? 15)

const broker = await privateKafka()
after(() => broker[Symbol.asyncDispose]())

test(
  `nothing confirmed is lost and nothing doubled when Kafka is killed ${kills} times`,
  {
    timeout: 600_000,
  },
  (t) => surviveBrokerKills(t, broker, { kills, againWithinMs: 30_000, pauseMs: 120 }),
)
