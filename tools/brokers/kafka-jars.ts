/**
 * What a Kafka of this machine runs on: a Java that is new enough, and Kafka's own jars, which Maven fetches once into the
 * user's cache.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

/** The version of Apache Kafka that tests run. */
export const kafkaVersion = '4.1.0'

/** What Kafka 4 asks for. */
const javaAtLeast = 17
const fetchMs = 300_000
const abandonedMs = 3_600_000

/** The folder of the jars, fetched if they are not there yet; undefined where that fails, which is said. */
export function kafkaJars(): string | undefined {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vestnik')
  const jars = join(cache, `kafka-${kafkaVersion}`)
  if (existsSync(jars)) return jars
  if (spawnSync('mvn', ['-v'], { stdio: 'ignore' }).status !== 0) return undefined
  try {
    fetchJars(cache, jars)
  } catch (error) {
    console.error(`fetch Kafka ${kafkaVersion} by Maven: ${error instanceof Error ? error.message : error}`)
  }
  return existsSync(jars) ? jars : undefined
}

/** The command that runs Java, if there is one that is new enough. */
export function java(): string | undefined {
  const home = process.env.JAVA_HOME
  return [...(home ? [join(home, 'bin', 'java')] : []), 'java'].find((command) => versionOf(command) >= javaAtLeast)
}

function versionOf(command: string): number {
  const { stderr } = spawnSync(command, ['-version'], { encoding: 'utf8' })
  return Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0)
}

/** Another process may do the same at once, and be first; one that is killed leaves a draft that nobody takes for the whole. */
function fetchJars(cache: string, jars: string): void {
  mkdirSync(cache, { recursive: true })
  removeAbandoned(cache)
  const draft = mkdtempSync(join(cache, draftPrefix))
  const project = mkdtempSync(join(tmpdir(), 'vestnik-kafka-jars-'))
  try {
    const file = join(project, 'pom.xml')
    writeFileSync(file, pom)
    const words = ['-q', '-B', '-f', file, 'dependency:copy-dependencies']
    execFileSync('mvn', [...words, '-DincludeScope=runtime', `-DoutputDirectory=${draft}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: fetchMs,
    })
    if (!existsSync(jars)) renameSync(draft, jars)
  } finally {
    rmSync(draft, { recursive: true, force: true })
    rmSync(project, { recursive: true, force: true })
  }
}

const draftPrefix = 'kafka-draft-'

function removeAbandoned(cache: string): void {
  for (const name of readdirSync(cache).filter((one) => one.startsWith(draftPrefix))) {
    const path = join(cache, name)
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? {}
    if (mtimeMs !== undefined && Date.now() - mtimeMs > abandonedMs) rmSync(path, { recursive: true, force: true })
  }
}

const dependency = (group: string, artifact: string, version: string) =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`

/** With the binding by which Kafka's log is heard. */
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>vestnik</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', kafkaVersion)}
    ${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', '2.24.3')}
  </dependencies>
</project>
`
