/** The rows that measure RabbitMQ. */
import { after } from 'node:test'
import { shareRabbit } from '../tools/brokers/rabbitmq.ts'
import { testRows } from './quick-rows.fixture.ts'
import { rabbitmqRows } from './rows/rabbitmq.ts'

const broker = await shareRabbit()
after(() => broker[Symbol.asyncDispose]())

testRows(rabbitmqRows)
