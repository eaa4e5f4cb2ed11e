/** The instances of the services: processes that are started again, as `npm start` does it, and are killed and stopped here. */
import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Output } from '../../tools/start/output.ts'
import { supervise } from '../../tools/start/supervise.ts'
import { until } from '../until.ts'
import type { Instance } from './balancer.ts'
import { unhandledIn } from './ends.ts'
import type { Mortal } from './targets.ts'

export interface InstanceOptions {
  readonly service: string
  /** Among the instances of its service, from 1. */
  readonly number: number
  readonly file: string
  readonly port: number
  readonly environment: Readonly<Record<string, string>>
  /** Where the file lies that tells it where to die. */
  readonly folder: string
  /** Told of each line that it writes to its standard output. */
  readonly line: (text: string) => void
}

export interface RunningInstance extends Mortal, Instance, AsyncDisposable {
  readonly service: string
  /** `users#1` */
  readonly name: string
  /** Resolves when it says that it is ready. */
  untilReady(): Promise<void>
  /** Ends it in order, while nothing new is led to it; answers how it ended when it is led to again. */
  restart(): Promise<Ending>
  /** How often it was killed, by others or at a crash point. */
  kills(): number
  /** How it ended by itself, each time. */
  readonly accidents: readonly string[]
  /** Errors that nobody handled, by which it ended. */
  readonly unhandled: readonly string[]
  /** The last that it said, for a person who looks for a reason. */
  said(): readonly string[]
}

export interface Ending {
  readonly code: number | null
  readonly tookMs: number
}

const readyWithinMs = 300_000
const pollMs = 300
const preload = new URL('crash-preload.ts', import.meta.url).href

export function startInstance(options: InstanceOptions): RunningInstance {
  const { service, file, port, folder } = options
  const name = `${service}#${options.number}`
  const crashFile = join(folder, `${name}.crash`)
  const said: string[] = []
  const accidents: string[] = []
  const unhandled: string[] = []
  let child: ChildProcess | undefined
  let kills = 0
  let well = false
  let leaving = false
  let stopped = false

  const output: Output = {
    say(text) {
      said.push(text)
      if (said.length > 40) said.shift()
      const error = unhandledIn(text)
      if (error !== undefined) unhandled.push(`${name}: ${error}`)
    },
    take(_, started) {
      child = started
      for (const stream of [started.stdout, started.stderr]) {
        if (stream) createInterface({ input: stream }).on('line', output.say)
      }
      if (started.stdout) createInterface({ input: started.stdout }).on('line', options.line)
      started.once('exit', (code, signal) => {
        well = false
        if (signal === 'SIGKILL' || signal === 'SIGUSR2') kills += 1
        else if (!stopped && !leaving) accidents.push(`${name} ended with ${signal ?? code}: ${said.at(-1)}`)
      })
    },
  }
  const running = supervise({ name, service: { file }, environment: withPreload(options, crashFile) }, output)
  const watching = watch()

  async function watch(): Promise<void> {
    while (!stopped) {
      const ready = await isReady(port)
      well = ready && !leaving
      await sleep(pollMs)
    }
  }

  const signal = (one: NodeJS.Signals): void => {
    if (child && !hasEnded(child)) child.kill(one)
  }

  const untilStarted = (what: string, fact: () => boolean | Promise<boolean>): Promise<void> =>
    until(`${name} is ${what}`, fact, readyWithinMs, () => said)

  return {
    service,
    name,
    port,
    isWell: () => well,
    kills: () => kills,
    accidents,
    unhandled,
    said: () => said,
    untilReady: () => untilStarted('ready', () => isReady(port)),
    async kill() {
      const victim = child
      signal('SIGKILL')
      await until(`${name} is gone`, () => victim === undefined || hasEnded(victim))
    },
    start() {
      return this.untilReady()
    },
    async restart() {
      const leaver = child
      leaving = true
      well = false
      const toldAt = performance.now()
      signal('SIGTERM')
      await until(`${name} has ended`, () => leaver === undefined || hasEnded(leaver))
      const tookMs = performance.now() - toldAt
      leaving = false
      await untilStarted('known to be ready', () => well)
      return { code: leaver?.exitCode ?? null, tookMs }
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    arm(point, time) {
      writeFileSync(crashFile, `${point} ${time}`)
      signal('SIGUSR2')
    },
    async [Symbol.asyncDispose]() {
      stopped = true
      signal('SIGCONT')
      await running.stop()
      await watching
    },
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

/** What this process was told to load first, its services load too: so a mutant gets into them. */
function withPreload({ environment }: InstanceOptions, crashFile: string): Readonly<Record<string, string>> {
  const { NODE_OPTIONS = '', VESTNIK_MUTANT, PATH = '' } = process.env
  return {
    ...environment,
    PATH,
    CAMPAIGN_CRASH_FILE: crashFile,
    NODE_OPTIONS: `${NODE_OPTIONS} --import=${preload}`.trim(),
    ...(VESTNIK_MUTANT === undefined ? {} : { VESTNIK_MUTANT }),
  }
}

async function isReady(port: number): Promise<boolean> {
  const signal = AbortSignal.timeout(1_000)
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal }).catch(() => undefined)
  await answer?.body?.cancel().catch(() => {})
  return answer?.ok === true
}
