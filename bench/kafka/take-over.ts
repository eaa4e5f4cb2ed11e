/** A member of the group; reports each time how long after it was published the latest message of a second came. */
import { handleWithoutInbox } from '@vestnik/bus'
import { now, parentDone, readInput, report } from '../harness/program.ts'
import { openPlace, ordersIn, type PlaceInput } from './place.ts'

const input = readInput<PlaceInput>()
const transport = await openPlace(input)
let seen = 0
let slowestMs = 0

await handleWithoutInbox({ service: 'billing', transport }, ordersIn(input), 'billing', ({ at }) => {
  seen += 1
  slowestMs = Math.max(slowestMs, now() - at)
})
report({ seen, slowestMs })
const timer = setInterval(() => {
  report({ seen, slowestMs })
  seen = 0
  slowestMs = 0
}, 1000)
await parentDone
clearInterval(timer)
await transport.close()
