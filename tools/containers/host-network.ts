/** What a Docker Engine changes on its host, and how all of it is undone: it leaves that to whoever removes it. */
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'

/** Where an engine keeps things whatever its folders are. */
const folders = ['/etc/docker', '/run/docker', '/run/containerd', '/opt/containerd']
const forwarding = '/proc/sys/net/ipv4/ip_forward'
const tables = ['filter', 'nat']
/** Containers' own, then the engines'. */
const cgroups = ['/sys/fs/cgroup/{*/,}vestnik-docker-*/*/', '/sys/fs/cgroup/{*/,}vestnik-docker-*/']
const isOfDocker = /DOCKER|docker0|br-[0-9a-f]{12}/

/** What a host was before an engine came. */
export interface Host {
  readonly forwardPolicy: string
  readonly forwarded: string
  readonly missingFolders: readonly string[]
  /** Of networks that an engine made. */
  readonly bridges: readonly string[]
}

/** Call it before an engine is started, while none runs. */
export function lookAtHost(): Host {
  return {
    forwardPolicy: policyOf('FORWARD'),
    forwarded: readFileSync(forwarding, 'utf8'),
    missingFolders: folders.filter((folder) => !existsSync(folder)),
    bridges: bridgesNow(),
  }
}

/** Makes it again what it was, and takes away what an engine that was killed has left. Call it while none runs. */
export function restoreHost({ forwardPolicy, forwarded, missingFolders, bridges }: Host): void {
  undoAll([
    ...tables.map((table) => () => removeRules(table)),
    () => void (policyOf('FORWARD') !== forwardPolicy && run('iptables', ['-P', 'FORWARD', forwardPolicy])),
    ...[...bridgesNow(), 'docker0']
      .filter((bridge) => !bridges.includes(bridge) && existsSync(`/sys/class/net/${bridge}`))
      .map((bridge) => () => void run('ip', ['link', 'delete', bridge])),
    () => writeFileSync(forwarding, forwarded),
    ...missingFolders.map((folder) => () => rmSync(folder, { recursive: true, force: true })),
    ...globSync(cgroups).map((path) => () => removeCgroup(path)),
  ])
}

/**
 * Each step is taken, also after one that failed.
 *
 * @throws AggregateError of all that failed
 */
export function undoAll(steps: readonly (() => void)[]): void {
  const errors: unknown[] = []
  for (const step of steps) {
    try {
      step()
    } catch (error) {
      errors.push(error)
    }
  }
  const reasons = errors.map((error) => (error instanceof Error ? error.message : String(error)))
  if (errors.length > 0) throw new AggregateError(errors, `undo what an engine did: ${reasons.join('; ')}`)
}

const bridgesNow = (): readonly string[] =>
  readdirSync('/sys/class/net').filter((name) => /^br-[0-9a-f]{12}$/.test(name))

/** Only what is an engine's: others may have rules too. */
function removeRules(table: string): void {
  const lines = rulesOf(table)
  const rules = lines.filter((line) => line.startsWith('-A ') && isOfDocker.test(line))
  const chains = lines.flatMap((line) => /^:(DOCKER\S*)/.exec(line)?.[1] ?? [])
  undoAll([
    ...rules.map((line) => () => void run('iptables', ['-t', table, '-D', ...line.split(' ').slice(1)])),
    ...chains.map((chain) => () => void run('iptables', ['-t', table, '-X', chain])),
  ])
}

function removeCgroup(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // Something still runs in it, or it has gone with another controller's.
  }
}

function policyOf(chain: string): string {
  return rulesOf('filter').flatMap((line) => new RegExp(`^:${chain} (\\w+)`).exec(line)?.[1] ?? [])[0] ?? 'ACCEPT'
}

/** A line for each chain, with its policy, and for each rule. None where the kernel has no such table. */
function rulesOf(table: string): readonly string[] {
  try {
    return run('iptables-save', ['-t', table])
      .split('\n')
      .map((line) => line.replace(/ \[[0-9:]+\]$/, ''))
      .filter((line) => /^[:-]/.test(line))
  } catch {
    return []
  }
}

function run(command: string, words: readonly string[]): string {
  return execFileSync(command, words, { encoding: 'utf8', timeout: 10_000, stdio: ['ignore', 'pipe', 'pipe'] })
}
