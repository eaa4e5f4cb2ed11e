/** The system of the demonstration: real processes on free ports, in a folder of its own that is removed at the end. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { openMailbox } from '../client/mailbox.ts'
import type { Backend } from '../client/person.ts'
import { freePortVariables } from '../start/free-ports.ts'
import type { Output } from '../start/output.ts'
import { choosePorts, type Placed } from '../start/ports.ts'
import { environmentOf, readSettings } from '../start/settings.ts'
import { startProcess, supervise } from '../start/supervise.ts'
import { untilReady } from '../start/until-ready.ts'

export interface Stage extends Backend {
  readonly folder: string
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
  close(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-demo-'))
  const settings = readSettings({
    PATH: process.env.PATH ?? '',
    ...(await freePortVariables()),
    DATA_DIR: join(folder, 'data'),
    RATE_LIMITS: 'off',
  })
  const placed = await choosePorts(settings, () => {})
  const environment = (one: Placed) => environmentOf(one, placed, settings)
  const find = (name: string) => placed.filter((one) => one.name === name)
  const [urlOfGateway = '', urlOfMailbox = ''] = [...find('gateway'), ...find('mailbox')].map(({ url }) => url)
  const listener = listen()
  const others = placed.filter(({ name }) => name !== 'mailer')
  const running = others.map((one) => supervise({ ...one, environment: environment(one) }, listener))

  async function startMailer(): Promise<void> {
    for (const one of find('mailer')) {
      listener.take(one.name, startProcess(one.service.file, environment(one)))
    }
    await untilReady(find('mailer'), () => {})
  }

  async function kill(name: string): Promise<void> {
    const child = listener.childOf(name)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  await Promise.all([startMailer(), untilReady(others, () => {})])
  return {
    folder,
    url: urlOfGateway,
    mailbox: openMailbox(urlOfMailbox),
    printed: listener.printed,
    log: () => listener.log.slice(-30),
    killMailer: () => kill('mailer'),
    startMailer,
    async restartGateway() {
      await kill('gateway')
      await untilReady(find('gateway'), () => {})
    },
    uncertain: () => uncertainIn(join(folder, 'data', 'mailer.db')),
    async close() {
      await Promise.all([kill('mailer'), ...running.map((one) => one.stop())])
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
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
