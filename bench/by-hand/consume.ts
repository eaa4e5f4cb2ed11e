/** The reading process by hand: reports when the last message took effect. */
import { join } from 'node:path'
import { now, parentDone, readInput, report } from '../harness/program.ts'
import { openBroker } from './broker.ts'
import { openInbox, read } from './inbox.ts'

interface Input {
  readonly folder: string
  readonly perCommit: number
  readonly warm: number
  readonly count: number
}

const { folder, perCommit, warm, count } = readInput<Input>()
const stop = new AbortController()
const broker = openBroker(join(folder, 'broker.db'))
const inbox = openInbox(join(folder, 'billing.db'))
let seen = 0
const reading = read(inbox, broker, perCommit, applied, stop.signal)

report({ at: now() })
await parentDone
stop.abort()
await reading
inbox.close()
broker.close()

function applied(): void {
  seen += 1
  if (seen === warm || seen === warm + count) report({ at: now() })
}
