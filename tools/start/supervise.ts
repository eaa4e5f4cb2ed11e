/** Keeps one service running: a process that dies is started again, and that is said. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { exitHopeless } from '@vestnik/service/exit'
import { compiled } from '../repository.ts'
import type { Output } from './output.ts'

export interface ServiceProcess {
  readonly name: string
  readonly service: { readonly file: string }
  readonly environment: Readonly<Record<string, string>>
}

export interface Supervised {
  /** Resolves with the name when its first start showed that a person must change something. Else never. */
  readonly hopeless: Promise<string>
  /** Asks the process to end, and ends it after some seconds. */
  stop(): Promise<void>
}

/**
 * glibc keeps freed blocks as large as a password's hash needs, several for each thread. So they are mapped and
 * unmapped each time, in huge pages, which then costs no time to speak of. Other systems ignore it.
 */
const freedAtOnce = 'glibc.malloc.mmap_threshold=1048576:glibc.malloc.hugetlb=1'
const firstPauseMs = 200
const longestPauseMs = 3000
/** A process that lived so long did not die of its start. */
const healthyMs = 1000
const patienceMs = 7000

export function supervise({ name, service, environment }: ServiceProcess, output: Output): Supervised {
  const hopeless = Promise.withResolvers<string>()
  const stopping = new AbortController()
  let child: ChildProcess | undefined

  async function keep(): Promise<void> {
    let pauseMs = firstPauseMs
    for (let starts = 1; !stopping.signal.aborted; starts += 1) {
      const startedAt = performance.now()
      child = startProcess(service.file, environment)
      output.say(`${name} is process ${child.pid}`)
      output.take(name, child)
      const [code, signal] = await ended(child)
      if (stopping.signal.aborted) return
      if (code === exitHopeless && starts === 1) return hopeless.resolve(name)
      if (performance.now() - startedAt >= healthyMs) pauseMs = firstPauseMs
      output.say(`${name} ended with ${signal ?? `code ${code}`} and is started again in ${pauseMs / 1000} s`)
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
      pauseMs = Math.min(2 * pauseMs, longestPauseMs)
    }
  }

  const kept = keep()
  return {
    hopeless: hopeless.promise,
    async stop() {
      stopping.abort()
      child?.kill('SIGTERM')
      const late = setTimeout(() => child?.kill('SIGKILL'), patienceMs)
      await kept
      clearTimeout(late)
    },
  }
}

/** The channel tells the service when this process is gone, whatever ended it. */
export function startProcess(file: string, environment: Readonly<Record<string, string>>): ChildProcess {
  const env = { NODE_COMPILE_CACHE: compiled, GLIBC_TUNABLES: freedAtOnce, ...environment }
  return spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
}

/** Resolves when the process has ended and all that it said was read. */
async function ended(child: ChildProcess): Promise<readonly [code: number | null, signal: NodeJS.Signals | null]> {
  try {
    const [code, signal] = await once(child, 'close')
    return [code, signal]
  } catch {
    // It could not be started at all.
    return [1, null]
  }
}
