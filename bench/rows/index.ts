/** All rows, in the order in which they are measured. */
import type { Row } from '../harness/row.ts'
import { backlog } from './backlog.ts'
import { chain, chainSlowDisk } from './chain.ts'
import { endToEndRow } from './end-to-end.ts'
import { fairness } from './fairness.ts'
import { gateway } from './gateway.ts'
import { held } from './held.ts'
import { http } from './http.ts'
import { importRow } from './import.ts'
import { kafkaRows } from './kafka.ts'
import { latency } from './latency.ts'
import { mail } from './mail.ts'
import { memory } from './memory.ts'
import { postgresRows } from './postgres.ts'
import { publish } from './publish.ts'
import { rabbitmqRows } from './rabbitmq.ts'
import { rentalMail } from './rental-mail.ts'
import { signIns } from './sign-ins.ts'
import { start } from './start.ts'
import { underSignIns } from './under-sign-ins.ts'

export const rows: readonly Row[] = [
  publish,
  endToEndRow,
  chain,
  chainSlowDisk,
  backlog,
  held,
  latency,
  http,
  fairness,
  gateway,
  mail,
  rentalMail,
  signIns,
  underSignIns,
  start,
  memory,
  ...rabbitmqRows,
  ...kafkaRows,
  ...postgresRows,
  importRow,
]
