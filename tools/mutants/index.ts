/** All mutants: one list for each part of the program. */
import { accountMutants } from './accounts.ts'
import { busMutants } from './bus.ts'
import { filmMutants } from './films.ts'
import { instanceMutants } from './instances.ts'
import { mailMutants } from './mail.ts'
import type { Mutant } from './mutant.ts'
import { postgresMutants } from './postgres.ts'
import { storeSqliteMutants } from './store-sqlite.ts'
import { toolsMutants } from './tools.ts'
import { transportSqliteMutants } from './transport-sqlite.ts'

export const mutants: readonly Mutant[] = [
  ...accountMutants,
  ...busMutants,
  ...filmMutants,
  ...instanceMutants,
  ...mailMutants,
  ...postgresMutants,
  ...storeSqliteMutants,
  ...transportSqliteMutants,
  ...toolsMutants,
]
