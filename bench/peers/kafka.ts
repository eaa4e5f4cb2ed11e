/** A Kafka of our own for the sides of one row, each time with a topic of its own name. */
import { randomUUID } from 'node:crypto'
import { hasKafka, type SharedKafka, sharedKafka } from '../../tools/brokers/kafka.ts'
import { howToGet, provide } from '../../tools/provide.ts'
import type { Figures, Settings, Side } from '../harness/row.ts'
import manifest from '../package.json' with { type: 'json' }

/** What a measured program needs to find its topic. */
export interface KafkaPlace {
  readonly url: string
  /** What its topic is called. */
  readonly name: string
}

export interface KafkaSide extends Pick<Side, 'name' | 'title'> {
  /** The versions of these packages are stated. */
  readonly packages?: readonly (keyof typeof manifest.dependencies | keyof typeof manifest.devDependencies)[]
  run(place: KafkaPlace, folder: string): Promise<Figures>
}

/** The broker is started for the first side that is measured, and ended with the row. */
export function onKafka(sides: readonly KafkaSide[]): readonly Side[] {
  let started: Promise<SharedKafka> | undefined
  const broker = () => {
    started ??= sharedKafka()
    return started
  }
  return sides.map(({ name, title, packages = [], run }) => ({
    name,
    title,
    missing: kafkaMissing,
    versions: async () => packages.map(versionOf).join(', '),
    async run(folder) {
      return await run({ url: (await broker()).url, name: `bench-${randomUUID().slice(0, 8)}` }, folder)
    },
    async close() {
      const running = started
      started = undefined
      await (await running)?.[Symbol.asyncDispose]()
    },
  }))
}

/** As `host:port`. */
export const brokersOf = ({ url }: KafkaPlace): string[] => url.slice('kafka://'.length).split(',')

/** Why there is no Kafka here; undefined when there is one. */
async function kafkaMissing({ quick }: Settings): Promise<string | undefined> {
  if (quick ? hasKafka() : provide('kafka')) return undefined
  const why = `no Kafka can be started here (${howToGet('kafka')}, or name one in TEST_KAFKA_BROKERS)`
  console.error(`  NOT MEASURED: ${why}`)
  return why
}

function versionOf(name: string): string {
  const versions: Readonly<Record<string, string>> = { ...manifest.dependencies, ...manifest.devDependencies }
  return `${name} ${versions[name]}`
}
