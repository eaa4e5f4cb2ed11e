/** Your transaction of Prisma, as the bus takes it. */
import type { Row, Tx } from '@vestnik/bus'

/** What `prisma.$transaction(async (tx) => …)` gives you, as far as it is used here. */
export interface PrismaTransaction {
  $queryRawUnsafe<Result>(query: string, ...values: unknown[]): PromiseLike<Result>
}

export function txOfPrisma(tx: PrismaTransaction): Tx {
  return {
    query: async (sql, values) => await tx.$queryRawUnsafe<Row[]>(sql, ...values),
  }
}
