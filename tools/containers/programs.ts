/** Whether what the tests of containers need is here: an engine that runs or can be started, compose, and debootstrap. */
import { execFileSync } from 'node:child_process'

export function hasContainers(): boolean {
  const engine = runs('docker', 'version') || (runs('dockerd', '--version') && runs('iptables', '--version'))
  const compose = runs('docker-compose', 'version') || runs('docker', 'compose', 'version')
  return engine && compose && runs('debootstrap', '--version')
}

function runs(command: string, ...words: readonly string[]): boolean {
  try {
    execFileSync(command, words, { stdio: 'ignore', timeout: 20_000 })
    return true
  } catch {
    return false
  }
}
