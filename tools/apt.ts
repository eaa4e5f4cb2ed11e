/** Debian's packages, installed by root without starting the servers that they bring, and without breaking off half-way. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

const networkMs = 600_000
/** A machine that has just started may be updating itself. A server that says nothing is given up by apt itself. */
const patient = ['-q', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3', '-o', 'Acquire::http::Timeout=60']

/** Whether root of this machine has Debian's packages. */
export function hasApt(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
}

let listsAreFresh = false

/**
 * What is fetched has a limit. What then unpacks and configures has none: dpkg that is killed leaves the whole machine's
 * packages broken.
 *
 * @throws Error when one of them cannot be had
 */
export function installPackages(packages: readonly string[]): void {
  withoutServices(() => {
    mendInterrupted()
    if (!listsAreFresh) run('apt-get', [...patient, 'update'], networkMs)
    listsAreFresh = true
    const install = [...patient, '-y', '--no-install-recommends', 'install']
    run('apt-get', [...install, '--download-only', ...packages], networkMs)
    run('apt-get', [...install, '--no-download', ...packages])
  })
}

/** Where an earlier run was cut off, apt refuses everything until this has been done. Else it does nothing. */
function mendInterrupted(): void {
  try {
    run('dpkg', ['--configure', '-a'])
  } catch {
    // Another has the lock, or a package is broken: apt says which.
  }
}

function run(command: string, words: readonly string[], timeout?: number): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  execFileSync(command, words, { env, stdio: ['ignore', 'ignore', 'inherit'], ...(timeout && { timeout }) })
}

const forbid = `#!/bin/sh
# Vestnik's tests install packages: no server is started meanwhile.
exit 101
`

/** Debian's packages start the servers that they bring, unless this script forbids it. */
export function withoutServices(work: () => void, policy = '/usr/sbin/policy-rc.d'): void {
  // A run that was killed may have left ours: it would forbid every server of this machine for good.
  const isAnothers = existsSync(policy) && readFileSync(policy, 'utf8') !== forbid
  if (!isAnothers) writeFileSync(policy, forbid, { mode: 0o755 })
  try {
    work()
  } finally {
    if (!isAnothers) rmSync(policy)
  }
}
