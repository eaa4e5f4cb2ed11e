/** How Kafka's own program is called: it prepares a node's folder once, and runs the node. */
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type KafkaOptions, type KafkaPlace, serverProperties } from './kafka-config.ts'

export interface KafkaProgram {
  readonly java: string
  /** The folder of Kafka's jars. */
  readonly jars: string
}

const run = promisify(execFile)
const propertiesOf = ({ home }: KafkaPlace) => join(home, 'server.properties')
const temporaryOf = ({ home }: KafkaPlace) => join(home, 'tmp')
/** All nodes of a cluster must agree; clusters never meet. */
const clusterId = 'dmVzdG5payB0ZXN0cyBrYQ'

/** Writes the node's settings and its empty log, with the users that it shall know. */
export async function format(program: KafkaProgram, place: KafkaPlace, options: KafkaOptions): Promise<void> {
  await mkdir(temporaryOf(place), { recursive: true })
  await writeFile(propertiesOf(place), `${serverProperties(place, options).join('\n')}\n`, { mode: 0o600 })
  const users = Object.entries(options.users ?? {}).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${password}]`,
  ])
  const tool = [
    ...flags(program, place),
    'kafka.tools.StorageTool',
    'format',
    '-t',
    clusterId,
    '-c',
    propertiesOf(place),
  ]
  await run(program.java, [...tool, ...users], { timeout: 180_000 })
}

/** The words after `java` that run the node. */
export function words(program: KafkaProgram, place: KafkaPlace, options: KafkaOptions): readonly string[] {
  const { heapMb = 256, compiled = 'little' } = options
  const heap = [`-Xms${heapMb}m`, `-Xmx${heapMb}m`]
  return [
    ...heap,
    ...(compiled === 'little' ? quick : []),
    ...flags(program, place),
    'kafka.Kafka',
    propertiesOf(place),
  ]
}

const quick = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

const flags = ({ jars }: KafkaProgram, place: KafkaPlace) => [
  '-cp',
  join(jars, '*'),
  // Nothing outside of the node's folder.
  '-XX:-UsePerfData',
  `-Djava.io.tmpdir=${temporaryOf(place)}`,
  '-Djava.awt.headless=true',
  '-Dlog4j2.level=WARN',
]
