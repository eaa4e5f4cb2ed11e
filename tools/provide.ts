/** Programs that some tests and benchmarks need besides Node: found, installed where that is allowed, or reported. */
import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export type Program = 'strace' | 'gcc' | 'redis' | 'chromium'

const programs: Readonly<Record<Program, { readonly command: string; readonly packages: readonly string[] }>> = {
  strace: { command: 'strace', packages: ['strace'] },
  gcc: { command: 'gcc', packages: ['gcc', 'libc6-dev'] },
  redis: { command: 'redis-server', packages: ['redis-server'] },
  chromium: { command: 'chromium', packages: ['chromium', 'fonts-dejavu-core'] },
}

/**
 * Whether the program is there now. It is installed only by root, on Debian, with CI=true: a person's machine is left
 * as it is.
 */
export function provide(program: Program): boolean {
  const { command, packages } = programs[program]
  if (isOnPath(command)) return true
  if (process.env.CI !== 'true' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false
  return install(packages) && isOnPath(command)
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
    aptGet('install', '-y', '--no-install-recommends', ...packages)
    return true
  } catch (error) {
    console.error(`apt-get install ${packages.join(' ')}: ${error instanceof Error ? error.message : error}`)
    return false
  }
}

function aptGet(...words: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  execFileSync('apt-get', ['-q', ...words], { env, stdio: ['ignore', 'ignore', 'inherit'], timeout: 180_000 })
}
