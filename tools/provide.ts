/** Programs that some tests and benchmarks need besides Node: found, installed where that is allowed, or reported. */
import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { hasRabbit } from './brokers/rabbitmq.ts'
import { hasContainers } from './containers/programs.ts'

export type Program = 'curl' | 'strace' | 'gcc' | 'redis' | 'chromium' | 'rabbitmq' | 'docker'

interface Facts {
  readonly command: string
  readonly packages: readonly string[]
  /** Where it can be had otherwise than by its command. */
  readonly isThere?: () => boolean
  /** What the tests of a promise cannot do without: root on Debian gets it without CI=true. */
  readonly always?: true
}

const programs: Readonly<Record<Program, Facts>> = {
  curl: { command: 'curl', packages: ['curl'] },
  strace: { command: 'strace', packages: ['strace'] },
  gcc: { command: 'gcc', packages: ['gcc', 'libc6-dev'] },
  redis: { command: 'redis-server', packages: ['redis-server'] },
  chromium: { command: 'chromium', packages: ['chromium', 'fonts-dejavu-core'] },
  rabbitmq: { command: 'rabbitmq-server', packages: ['rabbitmq-server'], isThere: hasRabbit, always: true },
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
  const { command, packages, isThere = () => isOnPath(command), always = false } = programs[program]
  if (isThere()) return true
  const may = always || process.env.CI === 'true'
  if (!may || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false
  return install(packages) && isThere()
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

let listsAreFresh = false

function install(packages: readonly string[]): boolean {
  try {
    if (!listsAreFresh) aptGet('update')
    listsAreFresh = true
    withoutServices(() => aptGet('install', '-y', '--no-install-recommends', ...packages))
    return true
  } catch (error) {
    console.error(`apt-get install ${packages.join(' ')}: ${error instanceof Error ? error.message : error}`)
    return false
  }
}

function aptGet(...words: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  // A machine that has just started may be updating itself.
  const patient = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=3']
  execFileSync('apt-get', ['-q', ...patient, ...words], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 300_000,
  })
}

const policy = '/usr/sbin/policy-rc.d'

/** Debian's packages start the servers that they bring, unless this script forbids it. */
function withoutServices(work: () => void): void {
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    work()
  } finally {
    if (ours) rmSync(policy)
  }
}
