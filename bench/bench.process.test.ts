/** The rows that need no broker of others. */
import { testRows } from './quick-rows.fixture.ts'
import { rows } from './rows/index.ts'
import { rabbitmqRows } from './rows/rabbitmq.ts'

testRows(rows.filter((row) => !rabbitmqRows.includes(row)))
