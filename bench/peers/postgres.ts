/** A PostgreSQL and a RabbitMQ of our own for the sides of one row; each run has a database and a topic of its own name. */
import {
  command,
  hasPostgres,
  type SharedPostgres,
  scratchDatabase,
  sharedPostgres,
} from '../../tools/databases/postgres.ts'
import { howToGet, provide } from '../../tools/provide.ts'
import type { Figures, Settings, Side } from '../harness/row.ts'
import { onRabbit, type RabbitPlace, type RabbitSide } from './rabbitmq.ts'

export interface PostgresPlace {
  /** The URL of the database, where each process of ours has a schema of its own. */
  readonly database: string
  readonly rabbit: RabbitPlace
}

export interface PostgresSide extends Omit<RabbitSide, 'run'> {
  run(place: PostgresPlace): Promise<Figures>
}

/** The servers are started for the first side that is measured, and ended with the row. */
export function onPostgres(sides: readonly PostgresSide[]): readonly Side[] {
  let started: Promise<SharedPostgres> | undefined
  const server = () => {
    started ??= sharedPostgres()
    return started
  }
  const beside = onRabbit(
    sides.map((side) => ({
      ...side,
      async run(rabbit) {
        await using database = await scratchDatabase(await server())
        return await side.run({ database: database.url, rabbit })
      },
    })),
  )
  return beside.map((side) => ({
    ...side,
    missing: async (settings) => (await postgresMissing(settings)) ?? (await side.missing?.(settings)),
    async versions() {
      const [row] = await command((await server()).url, 'SHOW server_version')
      return `${await side.versions?.()}, PostgreSQL ${String(row?.server_version).split(' ')[0]}`
    },
    async close() {
      await side.close?.()
      const running = started
      started = undefined
      await (await running)?.[Symbol.asyncDispose]()
    },
  }))
}

/** Why there is no PostgreSQL here; undefined when there is one. Whoever asks for the benchmark as root gets it. */
async function postgresMissing({ quick }: Settings): Promise<string | undefined> {
  if (quick ? hasPostgres() : provide('postgres')) return undefined
  const why = `no PostgreSQL can be started here (${howToGet('postgres')}, or name one in TEST_POSTGRES_URL)`
  console.error(`  NOT MEASURED: ${why}`)
  return why
}
