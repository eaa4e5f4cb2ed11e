/**
 * A RabbitMQ for tests: what TEST_RABBITMQ_URL names, else an installed server, else Docker with an image that is here,
 * each as a private node that is gone with the test's process.
 */
import { dockerRabbit, startContainer } from './rabbitmq-container.ts'
import { installedRabbit, type RabbitNode, type RabbitOptions, startNode, startNodes } from './rabbitmq-node.ts'

export type { RabbitNode, RabbitOptions } from './rabbitmq-node.ts'

/** A broker that other tests use too: nothing but what AMQP offers may be done to it. */
export interface SharedRabbit extends AsyncDisposable {
  readonly url: string
}

/** What TEST_RABBITMQ_URL names. */
export function namedRabbit(): string | undefined {
  return process.env.TEST_RABBITMQ_URL || undefined
}

/** Whether there is one, or one can be started. */
export function hasRabbit(): boolean {
  return namedRabbit() !== undefined || canStartRabbit()
}

/** Whether a test can have one of its own, to be killed, frozen and configured. */
export function canStartRabbit(): boolean {
  return installedRabbit() !== undefined || dockerRabbit() !== undefined
}

/** Why a test file with this text cannot run here, though there is a broker. */
export function lackOfRabbit(text: string): string | undefined {
  return /privateRabbit\(|broker: '(amqp|both)'/.test(text) && !canStartRabbit() ? noneToStart : undefined
}

/** Why there is no cluster here, for the `skip` of a test. */
export function lackOfCluster(): string | undefined {
  return installedRabbit() === undefined
    ? 'a cluster of RabbitMQ needs an installed server: rabbitmq-server'
    : undefined
}

const noneToStart =
  'it needs a RabbitMQ of its own, to kill and configure: install rabbitmq-server, or get its image into Docker'

/** The broker of this run: many test files may share it, each with names of its own. */
export async function sharedRabbit(): Promise<SharedRabbit> {
  const named = namedRabbit()
  if (named !== undefined) return { url: named, [Symbol.asyncDispose]: async () => {} }
  return privateRabbit()
}

/** Starts a broker for all test files that this process starts. */
export async function shareRabbit(): Promise<AsyncDisposable> {
  const named = namedRabbit()
  const broker = await sharedRabbit()
  process.env.TEST_RABBITMQ_URL = broker.url
  return {
    async [Symbol.asyncDispose]() {
      if (named === undefined) delete process.env.TEST_RABBITMQ_URL
      await broker[Symbol.asyncDispose]()
    },
  }
}

/** A broker of the caller's own, to be killed, frozen and configured. */
export async function privateRabbit(options?: RabbitOptions): Promise<RabbitNode> {
  const scripts = installedRabbit()
  if (scripts !== undefined) return startNode(scripts, options)
  const image = dockerRabbit()
  if (image !== undefined) return startContainer(image, options)
  throw new Error(`no RabbitMQ can be started here: ${noneToStart}`)
}

/** So many nodes of one cluster; only of an installed server. */
export async function rabbitCluster(count: number): Promise<readonly RabbitNode[]> {
  const scripts = installedRabbit()
  if (scripts === undefined) throw new Error(lackOfCluster())
  return startNodes(scripts, count)
}
