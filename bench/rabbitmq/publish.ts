/** Publishes with 1,000 callers at once, each awaiting its own message, and reports the rate. */
import { readInput } from '../harness/program.ts'
import { publishEach } from '../harness/publish-each.ts'
import { openPlace, type PlaceInput, topologyFor } from './place.ts'

const input = readInput<PlaceInput>()
await publishEach(await openPlace(input), topologyFor(input), input)
