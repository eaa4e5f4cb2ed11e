/** The whole story on RabbitMQ: nothing is configured but the broker's URL, and a queue that an existing peer uses too. */
import { after, test } from 'node:test'
import { privateRabbit } from '../tools/brokers/rabbitmq.ts'
import { tellWholeStory } from './whole-story.ts'

const broker = await privateRabbit()
after(() => broker[Symbol.asyncDispose]())

test('the story is the same on RabbitMQ', { timeout: 120_000 }, (t) =>
  tellWholeStory(t, { MESSAGE_BROKER_URL: broker.url }),
)

test('the story is the same with sign-ins on a plain queue', { timeout: 120_000 }, (t) =>
  tellWholeStory(t, { MESSAGE_BROKER_URL: broker.url, MESSAGE_BROKER_PLAIN_QUEUES: 'user.loggedIn' }),
)
