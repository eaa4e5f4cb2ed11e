/** An existing user service: tells of sign-ins of one user on a plain queue until it is killed. It knows nothing of ours. */
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'amqplib'

const queue = 'user.loggedIn'
const [url = '', userId = '', from = ''] = process.argv.slice(2)

const connection = await connect(url)
const channel = await connection.createConfirmChannel()
await channel.assertQueue(queue, { durable: true })

for (let time = Date.parse(from); ; time += 1000) {
  const body = JSON.stringify({ userId: Number(userId), timestamp: new Date(time).toISOString() })
  console.log(`sending ${body}`)
  channel.sendToQueue(queue, Buffer.from(body), { persistent: true })
  await channel.waitForConfirms()
  console.log(`sent ${body}`)
  await sleep(20)
}
