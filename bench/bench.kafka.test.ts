/** The rows that measure Kafka. */
import { after } from 'node:test'
import { shareKafka } from '../tools/brokers/kafka.ts'
import { testRows } from './quick-rows.fixture.ts'
import { kafkaRows } from './rows/kafka.ts'

const broker = await shareKafka()
after(() => broker[Symbol.asyncDispose]())

testRows(kafkaRows)
