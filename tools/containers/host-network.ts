/** What a Docker Engine changes on its host, and how all of it is undone: it leaves that to whoever removes it. */
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'

/** Where an engine keeps things whatever its folders are. */
const folders = ['/etc/docker', '/run/docker', '/run/containerd', '/opt/containerd']
const forwarding = '/proc/sys/net/ipv4/ip_forward'
const tables = ['filter', 'nat']
const isOfDocker = /DOCKER|docker0|br-[0-9a-f]{12}/

/** Call it before an engine is started; what it answers makes the host again what it was. */
export function rememberHost(cgroup: string): () => void {
  const before = new Map(tables.map((table) => [table, new Set(rulesOf(table))]))
  const missing = folders.filter((folder) => !existsSync(folder))
  const forwarded = readFileSync(forwarding, 'utf8')
  const hadBridge = existsSync('/sys/class/net/docker0')
  return () => {
    for (const table of tables) undoRules(table, before.get(table) ?? new Set())
    if (!hadBridge && existsSync('/sys/class/net/docker0')) run('ip', ['link', 'delete', 'docker0'])
    writeFileSync(forwarding, forwarded)
    for (const folder of missing) rmSync(folder, { recursive: true, force: true })
    for (const path of globSync(`/sys/fs/cgroup/{${cgroup},*/${cgroup}}`)) rmdirSync(path)
  }
}

/** Only what is the engine's, and was not there: others may have changed rules meanwhile. */
function undoRules(table: string, before: ReadonlySet<string>): void {
  const made = rulesOf(table).filter((line) => !before.has(line))
  const chains = made.flatMap((line) => /^:(DOCKER\S*)/.exec(line)?.[1] ?? [])
  for (const line of made) {
    const [flag, ...rest] = line.split(' ')
    if (flag === '-A' && isOfDocker.test(line)) run('iptables', ['-t', table, '-D', ...rest])
  }
  for (const chain of chains) run('iptables', ['-t', table, '-X', chain])
  if (before.has(':FORWARD ACCEPT')) run('iptables', ['-t', table, '-P', 'FORWARD', 'ACCEPT'])
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
