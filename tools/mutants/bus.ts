/** Mutants of the bus: the rules of its outbox, inbox, held messages and effects, taken away one by one. */
import type { Mutant } from './mutant.ts'

export const busMutants: readonly Mutant[] = []
