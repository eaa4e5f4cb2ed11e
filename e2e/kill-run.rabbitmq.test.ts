/** Sign-ins and rentals on RabbitMQ while every service is killed at random. */
import { after, test } from 'node:test'
import { privateRabbit } from '../tools/brokers/rabbitmq.ts'
import { surviveKills } from './kill-run/survive-kills.ts'

const broker = await privateRabbit()
after(() => broker[Symbol.asyncDispose]())

test(
  'on RabbitMQ too every answered sign-in and rental is there once and every mail came',
  {
    timeout: 850_000,
  },
  (t) => surviveKills(t, { MESSAGE_BROKER_URL: broker.url }),
)
