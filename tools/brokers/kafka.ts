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

/** Whether there is one, or one can be started; fetches Kafka's jars if they are not there yet. */
export function hasKafka(): boolean {
  return process.env.TEST_KAFKA_BROKERS !== undefined || findProgram() !== undefined
}

/** The broker of this run: many test files may share it, each with names of its own. */
export async function sharedKafka(): Promise<SharedKafka> {
  const named = process.env.TEST_KAFKA_BROKERS
  if (named === undefined) return privateKafka()
  return { url: `kafka://${named}`, brokers: named.split(','), [Symbol.asyncDispose]: async () => {} }
}

/** Starts a broker for all test files that this process starts. */
export async function shareKafka(): Promise<AsyncDisposable> {
  const named = process.env.TEST_KAFKA_BROKERS
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
  if (program === undefined) {
    throw new Error('no Kafka can be started here: it needs Java 17 or newer, and Maven to fetch its jars once')
  }
  return startKafka(program, count, options)
}

function findProgram(): KafkaProgram | undefined {
  const command = java()
  const jars = command && kafkaJars()
  return command && jars ? { java: command, jars } : undefined
}
