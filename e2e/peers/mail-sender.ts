/** An existing mail sender: prints what it would mail for each message of its topic. It knows nothing of ours. */
import { Kafka, logLevel } from 'kafkajs'

const [brokers = '', topic = ''] = process.argv.slice(2)

const kafka = new Kafka({ clientId: 'mail-sender', brokers: brokers.split(','), logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({ groupId: 'mail-group', sessionTimeout: 6000, heartbeatInterval: 1000 })
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({
  eachMessage: async ({ message }) => {
    const body = message.value?.toString() ?? ''
    const { email, code } = JSON.parse(body)
    console.log(JSON.stringify({ body, email, code }))
  },
})

process.on('SIGTERM', async () => {
  await consumer.disconnect()
  process.exit(0)
})
