/** The system of the demonstration: real processes on free ports, in a folder of its own that is removed at the end. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { openMailbox } from '../client/mailbox.ts'
import type { Backend } from '../client/person.ts'
import { freePortVariables } from '../start/free-ports.ts'
import type { Output } from '../start/output.ts'
import { choosePorts, type Placed } from '../start/ports.ts'
import { environmentOf, readSettings, type Settings } from '../start/settings.ts'
import { type Supervised, startProcess, supervise } from '../start/supervise.ts'
import { untilReady } from '../start/until-ready.ts'

export interface Stage extends Backend {
  readonly folder: string
  /**
   * Starts all services, and resolves when they are ready.
   * @throws Error when one of them cannot start, or they are not ready in time
   */
  start(): Promise<void>
  /** What the gateway printed for people. */
  readonly printed: readonly string[]
  /** The last that the services wrote into their logs. */
  log(): readonly string[]
  /** Resolves when the process is gone. Nobody starts it again. */
  killMailer(): Promise<void>
  /** Resolves when it is ready. */
  startMailer(): Promise<void>
  /** Kills it, and resolves when it was started again and is ready. */
  restartGateway(): Promise<void>
  /** How often the mailer could not know whether a mail was sent. */
  uncertain(): number
  /** Ends what runs, also in the middle of its start, and removes the folder. */
  close(): Promise<void>
}

const startWithinMs = 60_000

/** Makes its folder and finds its ports. Nothing runs yet. */
export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-demo-'))
  try {
    const settings = readSettings({
      PATH: process.env.PATH ?? '',
      ...(await freePortVariables()),
      DATA_DIR: join(folder, 'data'),
      RATE_LIMITS: 'off',
    })
    return stageOf(folder, settings, await choosePorts(settings, () => {}))
  } catch (error) {
    remove(folder)
    throw error
  }
}

function stageOf(folder: string, settings: Settings, placed: readonly Placed[]): Stage {
  const environment = (one: Placed) => environmentOf(one, placed, settings)
  const find = (name: string) => placed.filter((one) => one.name === name)
  const [urlOfGateway = '', urlOfMailbox = ''] = [...find('gateway'), ...find('mailbox')].map(({ url }) => url)
  const listener = listen()
  const others = placed.filter(({ name }) => name !== 'mailer')
  let running: readonly Supervised[] = []
  const over = new AbortController()
  const untilThere = (some: readonly Placed[], ended?: Promise<string>) =>
    untilUp(some, listener.say, over.signal, ended)

  async function startOthers(): Promise<void> {
    running = others.map((one) => supervise({ ...one, environment: environment(one) }, listener))
    const hopeless = Promise.race(running.map((one) => one.hopeless))
    await untilThere(others, hopeless)
  }

  async function startMailer(): Promise<void> {
    // A scene that was left in the middle would make the folder anew.
    if (over.signal.aborted) throw new Error('the demonstration is over')
    for (const one of find('mailer')) {
      const child = startProcess(one.service.file, environment(one))
      listener.take(one.name, child)
      const ended = once(child, 'close').then(() => one.name)
      await untilThere([one], ended)
    }
  }

  async function kill(name: string): Promise<void> {
    const child = listener.childOf(name)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  return {
    folder,
    url: urlOfGateway,
    mailbox: openMailbox(urlOfMailbox),
    printed: listener.printed,
    log: () => listener.log.slice(-30),
    async start() {
      await Promise.all([startMailer(), startOthers()])
    },
    killMailer: () => kill('mailer'),
    startMailer,
    async restartGateway() {
      await kill('gateway')
      await untilThere(find('gateway'))
    },
    uncertain: () => uncertainIn(join(folder, 'data', 'mailer.db')),
    async close() {
      over.abort()
      await Promise.all([kill('mailer'), ...running.map((one) => one.stop())])
      remove(folder)
    },
  }
}

const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })

/** `ended`: resolves with the name of one that will never be ready. */
async function untilUp(
  some: readonly Placed[],
  say: (text: string) => void,
  over: AbortSignal,
  ended?: Promise<string>,
): Promise<void> {
  const names = some.map(({ name }) => name).join(', ')
  const done = new AbortController()
  const signal = AbortSignal.any([done.signal, over])
  const late = sleep(startWithinMs, undefined, { signal })
  const why = await Promise.race([
    untilReady(some, say, signal),
    late.then(() => `not all of ${names} are ready after ${startWithinMs / 1000} s`),
    ...(ended ? [ended.then((name) => `${name} ended before it was ready`)] : []),
  ])
  done.abort()
  if (why !== undefined) throw new Error(why)
}

/** Keeps what is said, and who lives. */
function listen() {
  const children = new Map<string, Parameters<Output['take']>[1]>()
  const printed: string[] = []
  const log: string[] = []
  return {
    printed,
    log,
    childOf: (name: string) => children.get(name),
    say: (text: string) => void log.push(text),
    take: (name: string, child: Parameters<Output['take']>[1]) => {
      children.set(name, child)
      if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => printed.push(line))
      if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => log.push(`${name} | ${line}`))
    },
  }
}

function uncertainIn(file: string): number {
  using database = new DatabaseSync(file, { readOnly: true, timeout: 2000 })
  return Number(database.prepare('SELECT total(uncertain) AS n FROM vestnik_inbox').get()?.n)
}
