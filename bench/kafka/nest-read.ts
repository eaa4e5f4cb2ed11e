/** Reads with NestJS; its consumer commits by itself. */
import { counter } from '../harness/counter.ts'
import { readInput } from '../harness/program.ts'
import { readWithNest } from '../peers/nest-reader.ts'
import { nestOptions } from './nest.ts'
import type { PlaceInput } from './place.ts'

const input = readInput<PlaceInput>()
await readWithNest(nestOptions(input), input.name, counter(input))
