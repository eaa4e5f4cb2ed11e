/** A RabbitMQ of our own for the sides of one row, each time with a topic of its own name. */
import { randomUUID } from 'node:crypto'
import { connect } from 'amqplib'
import { hasRabbit, type SharedRabbit, sharedRabbit } from '../../tools/brokers/rabbitmq.ts'
import { howToGet, provide } from '../../tools/provide.ts'
import { orderPlaced } from '../harness/orders.ts'
import type { Figures, Settings, Side } from '../harness/row.ts'
import manifest from '../package.json' with { type: 'json' }

/** What a measured program needs to find its topic; `name` is what its queues are called, or begin with. */
export interface RabbitPlace {
  readonly url: string
  readonly name: string
}

export interface RabbitSide extends Pick<Side, 'name' | 'title'> {
  /** The versions of these packages are stated. */
  readonly packages?: readonly (keyof typeof manifest.dependencies | keyof typeof manifest.devDependencies)[]
  run(place: RabbitPlace, folder: string): Promise<Figures>
}

/** The broker is started for the first side that is measured, and ended with the row. */
export function onRabbit(sides: readonly RabbitSide[]): readonly Side[] {
  let started: Promise<SharedRabbit> | undefined
  const broker = () => {
    started ??= sharedRabbit()
    return started
  }
  return sides.map(({ name, title, packages = [], run }) => ({
    name,
    title,
    missing: rabbitMissing,
    async versions() {
      return [...packages.map(versionOf), await serverVersion((await broker()).url)].join(', ')
    },
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

/** Removes what a side has left, its one queue or those of its group. */
export async function removeQueues({ url, name }: RabbitPlace): Promise<void> {
  const model = await connect(url)
  const channel = await model.createChannel()
  const { partitions } = orderPlaced
  const ofGroup = ['members', 'rejected', ...Array.from({ length: partitions }, (_, i) => i)]
  for (const queue of [name, `${name}/partitions`, ...ofGroup.map((part) => `${name}/billing/${part}`)]) {
    await channel.deleteQueue(queue)
  }
  await channel.deleteExchange(name)
  await model.close()
}

/** Why there is no RabbitMQ here; undefined when there is one. Whoever asks for the benchmark as root gets it. */
async function rabbitMissing({ quick }: Settings): Promise<string | undefined> {
  if (quick ? hasRabbit() : provide('rabbitmq')) return undefined
  const why = `no RabbitMQ can be started here (${howToGet('rabbitmq')}, or name one in TEST_RABBITMQ_URL)`
  console.error(`  NOT MEASURED: ${why}`)
  return why
}

function versionOf(name: string): string {
  const versions: Readonly<Record<string, string>> = { ...manifest.dependencies, ...manifest.devDependencies }
  return `${name} ${versions[name]}`
}

async function serverVersion(url: string): Promise<string> {
  const model = await connect(url)
  const { version } = model.connection.serverProperties
  await model.close()
  return `RabbitMQ ${version}`
}
