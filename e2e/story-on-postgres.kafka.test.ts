/** The whole story with every service's data in PostgreSQL, on RabbitMQ, on Kafka, and on both at once. */
import { after, before, test } from 'node:test'
import { type KafkaNode, privateKafka } from '../tools/brokers/kafka.ts'
import { privateRabbit, type RabbitNode } from '../tools/brokers/rabbitmq.ts'
import { type SharedPostgres, scratchDatabase, sharedPostgres } from '../tools/databases/postgres.ts'
import { tellWholeStory } from './whole-story.ts'

const started = new AsyncDisposableStack()
let server: SharedPostgres
let rabbit: RabbitNode
let kafka: KafkaNode

before(async () => {
  server = started.use(await sharedPostgres())
  rabbit = started.use(await privateRabbit())
  kafka = started.use(await privateKafka())
})

after(() => started.disposeAsync())

const ways: Readonly<Record<string, () => Record<string, string>>> = {
  'on RabbitMQ': () => ({ MESSAGE_BROKER_URL: rabbit.url }),
  'on Kafka': () => ({ MESSAGE_BROKER_URL: kafka.url }),
  'with mail over Kafka and the rest over RabbitMQ': () => ({
    MESSAGE_BROKER_URL: rabbit.url,
    MESSAGE_BROKER_ROUTES: `mail.*=${kafka.url}`,
  }),
}

for (const [way, variables] of Object.entries(ways)) {
  test(`on PostgreSQL the story is the same ${way}`, { timeout: 180_000 }, async (t) => {
    await using database = await scratchDatabase(server)
    await tellWholeStory(t, { ...variables(), DATABASE_URL: database.url })
  })
}
