/**
 * A Kafka for tests: what TEST_KAFKA_BROKERS names, else Apache Kafka's own jars under a Java of this machine, as private
 * nodes that are gone with the test's process.
 */
import type { KafkaOptions } from './kafka-config.ts'
import { java, kafkaJars } from './kafka-jars.ts'
import { type KafkaNode, startKafka } from './kafka-node.ts'
import type { KafkaProgram } from './kafka-program.ts'

export type { KafkaOptions } from './kafka-config.ts'
export type { KafkaNode } from './kafka-node.ts'

/** A broker that other tests use too: nothing but what a client can do may be done to it. */
export interface SharedKafka extends AsyncDisposable {
  /** `kafka://host:port`, several separated by commas. */
  readonly url: string
  /** The same, as `host:port`. */
  readonly brokers: readonly string[]
}

/** What TEST_KAFKA_BROKERS names: `host:port`, several separated by commas. */
export function namedKafka(): string | undefined {
  return process.env.TEST_KAFKA_BROKERS || undefined
}

/** Whether there is one, or one can be started. */
export function hasKafka(): boolean {
  return namedKafka() !== undefined || canStartKafka()
}

/** Whether a test can have one of its own, to be killed, frozen and configured; fetches Kafka's jars if they are not here yet. */
export function canStartKafka(): boolean {
  return findProgram() !== undefined
}

/** Why a test file with this text cannot run here, though there is a broker. */
export function lackOfKafka(text: string): string | undefined {
  return /privateKafka\(|kafkaCluster\(|broker: '(kafka|both)'/.test(text) && !canStartKafka() ? noneToStart : undefined
}

const noneToStart =
  'it needs a Kafka of its own, to kill and configure: install Java 17 or newer, and Maven to fetch its jars once'

/** The broker of this run: many test files may share it, each with names of its own. */
export async function sharedKafka(): Promise<SharedKafka> {
  const named = namedKafka()
  if (named === undefined) return privateKafka()
  return { url: `kafka://${named}`, brokers: named.split(','), [Symbol.asyncDispose]: async () => {} }
}

/** Starts a broker for all test files that this process starts. */
export async function shareKafka(): Promise<AsyncDisposable> {
  const named = namedKafka()
  const broker = await sharedKafka()
  process.env.TEST_KAFKA_BROKERS = broker.brokers.join(',')
  return {
    async [Symbol.asyncDispose]() {
      if (named === undefined) delete process.env.TEST_KAFKA_BROKERS
      await broker[Symbol.asyncDispose]()
    },
  }
}

/** A broker of the caller's own, to be killed, frozen and configured. */
export async function privateKafka(options?: KafkaOptions): Promise<KafkaNode> {
  const [node] = await kafkaCluster(1, options)
  if (node === undefined) throw new Error('no node was started')
  return node
}

/** So many nodes of one cluster; with three, each message is on at least two before it counts as written. */
export async function kafkaCluster(count: number, options?: KafkaOptions): Promise<readonly KafkaNode[]> {
  const program = findProgram()
  if (program === undefined) throw new Error(`no Kafka can be started here: ${noneToStart}`)
  return startKafka(program, count, options)
}

function findProgram(): KafkaProgram | undefined {
  const command = java()
  const jars = command && kafkaJars()
  return command && jars ? { java: command, jars } : undefined
}
