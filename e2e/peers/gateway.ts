/** An existing gateway: prints each sign-in that it finds on a plain queue, and acknowledges it. It knows nothing of ours. */
import { connect } from 'amqplib'

const queue = 'user.loggedIn'
const [url = ''] = process.argv.slice(2)

const connection = await connect(url)
const channel = await connection.createChannel()
await channel.assertQueue(queue, { durable: true })
await channel.consume(queue, (message) => {
  if (message === null) throw new Error(`${queue} was deleted`)
  console.log(`User logged in with information: ${message.content.toString()}`)
  channel.ack(message)
})
