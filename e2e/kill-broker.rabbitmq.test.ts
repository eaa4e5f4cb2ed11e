/** RabbitMQ is killed again and again under the load of producers and consumers: nothing confirmed is lost, nothing doubled, and all goes on at once. */
import { after, test } from 'node:test'
import { privateRabbit } from '../tools/brokers/rabbitmq.ts'
import { surviveBrokerKills } from './kill/survive-broker-kills.ts'

const kills = Number(process.env.KILLS ?? 20)

const broker = await privateRabbit()
after(() => broker[Symbol.asyncDispose]())

test(
  `nothing confirmed is lost and nothing doubled when the broker is killed ${kills} times`,
  {
    timeout: 380_000,
  },
  (t) => surviveBrokerKills(t, broker, { kills, againWithinMs: 5_000 }),
)
