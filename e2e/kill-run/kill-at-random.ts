/** Kills services again and again at random moments. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceName, System } from '../system.ts'
import { until } from '../until.ts'

export interface Kills {
  readonly count: number
  /** How many SMTP sessions were open when the mailer was killed, of all times together. */
  readonly smtpSessions: number
}

/** Kills each of the services until the signal, and at least so often; resolves when the last one was killed. */
export async function killAtRandom(
  system: System,
  names: readonly ServiceName[],
  atLeast: number,
  signal: AbortSignal,
): Promise<Kills> {
  let count = 0
  let smtpSessions = 0

  async function killOften(name: ServiceName): Promise<void> {
    for (let kills = 0; kills < atLeast || !signal.aborted; kills += 1) {
      const startedAt = performance.now()
      const isUp = () => isReady(system.urls[name])
      await until(`${name} runs`, isUp, 90_000, () => system.lines.slice(-30))
      // On a busy machine starts take long: it lives for longer than that, or nothing would ever be done.
      const startMs = performance.now() - startedAt
      await sleep((700 + 2 * startMs) * (0.1 + 1.5 * Math.random()))
      // Nothing is opened or closed between the look and the kill.
      system.signal(name, 'SIGSTOP')
      if (name === 'mailer') smtpSessions += connectionsTo(system.smtpPort)
      system.signal(name, 'SIGKILL')
      count += 1
    }
  }

  await Promise.all(names.map(killOften))
  return { count, smtpSessions }
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
  await answer?.body?.cancel()
  return answer?.ok === true
}

const established = '01'

/** How many connections to a port of this machine are open now, as Linux tells it. */
function connectionsTo(port: number): number {
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(1))
  return rows.filter((row) => {
    const [, local = '', , state] = row.trim().split(/\s+/)
    return state === established && Number.parseInt(local.split(':').at(-1) ?? '', 16) === port
  }).length
}
