/** The other end of `ping.ts`: at each wake it reads what is new, and commits it into a file of its own. */
import { join } from 'node:path'
import { now, parentDone, readInput, report } from '../harness/program.ts'
import { openHop } from './hop.ts'

const { folder } = readInput<{ folder: string }>()
const there = openHop(join(folder, 'there.db'))
const back = openHop(join(folder, 'back.db'))
there.receive((sent) => back.send(sent))

report({ at: now() })
await parentDone
there.close()
back.close()
