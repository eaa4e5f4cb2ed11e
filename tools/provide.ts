/** Programs that some tests and benchmarks need besides Node: found, installed where that is allowed, or reported. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { hasApt, installPackages } from './apt.ts'
import { canStartKafka, namedKafka } from './brokers/kafka.ts'
import { canStartRabbit, namedRabbit } from './brokers/rabbitmq.ts'
import { hasContainers } from './containers/programs.ts'
import { hasPostgres } from './databases/postgres.ts'

export type Program = 'curl' | 'strace' | 'gcc' | 'redis' | 'chromium' | 'rabbitmq' | 'kafka' | 'postgres' | 'docker'

interface Facts {
  readonly command: string
  readonly packages: readonly string[]
  /** Where it can be had otherwise than by its command. */
  readonly isThere?: () => boolean
  /** Whether one is named that others use too, with which some of the tests can do: then only CI gets another. */
  readonly isNamed?: () => boolean
  /** What the tests of a promise cannot do without: root on Debian gets it without CI=true. */
  readonly always?: true
}

const programs: Readonly<Record<Program, Facts>> = {
  curl: { command: 'curl', packages: ['curl'] },
  strace: { command: 'strace', packages: ['strace'] },
  gcc: { command: 'gcc', packages: ['gcc', 'libc6-dev'] },
  redis: { command: 'redis-server', packages: ['redis-server'] },
  chromium: { command: 'chromium', packages: ['chromium', 'fonts-dejavu-core'] },
  rabbitmq: {
    command: 'rabbitmq-server',
    packages: ['rabbitmq-server'],
    isThere: canStartRabbit,
    isNamed: () => namedRabbit() !== undefined,
    always: true,
  },
  kafka: {
    command: 'mvn',
    packages: ['maven', 'default-jre-headless'],
    isThere: canStartKafka,
    isNamed: () => namedKafka() !== undefined,
    always: true,
  },
  postgres: { command: 'postgres', packages: ['postgresql'], isThere: hasPostgres, always: true },
  docker: {
    command: 'docker',
    packages: ['docker.io', 'docker-compose', 'iptables', 'iproute2', 'debootstrap'],
    isThere: hasContainers,
  },
}

/**
 * Whether the program is there now. It is installed only by root, on Debian, and most of them only with CI=true: a
 * person's machine is left as it is.
 */
export function provide(program: Program): boolean {
  const {
    command,
    packages,
    isThere = () => isOnPath(command),
    isNamed = () => false,
    always = false,
  } = programs[program]
  if (isThere()) return true
  const may = process.env.CI === 'true' || (always && !isNamed())
  return (may && hasApt() && install(packages) && isThere()) || isNamed()
}

/** What a person types to get it. */
export function howToGet(program: Program): string {
  return `apt-get install ${programs[program].packages.join(' ')}`
}

function isOnPath(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, command)))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function install(packages: readonly string[]): boolean {
  try {
    installPackages(packages)
    return true
  } catch (error) {
    console.error(`apt-get install ${packages.join(' ')}: ${error instanceof Error ? error.message : error}`)
    return false
  }
}
