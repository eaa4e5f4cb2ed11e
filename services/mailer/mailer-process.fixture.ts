/** The mailer as it runs: its own process on a broker and a database in a folder, and who asks it for mail. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, type HeldMessage, openBus, operationsOn } from '@vestnik/bus'
import { type CodeKeys, readCodeKeys } from '@vestnik/codes'
import { mailSendCode, mailSendNotice } from '@vestnik/contracts'
import { openStore, openTransport } from '@vestnik/service'
import { pass } from './mailer.fixture.ts'
import type { TestServer } from './smtp-server.fixture.ts'

export interface MailerProcess {
  /** All that it said. */
  readonly output: () => string
  /** `/readyz` or `/metrics`. */
  get(path: string): Promise<string>
  signal(signal: NodeJS.Signals): void
  /** Resolves with its exit code. */
  readonly ended: Promise<number | null>
}

export interface Surroundings {
  readonly folder: string
  readonly bus: Bus
  readonly keys: CodeKeys
  /** Publishes a code as our services do. */
  publishCode(email: string, digits: string): Promise<void>
  /** Publishes bytes as an existing peer does: without headers, id and key. */
  publishBytes(body: string | Uint8Array): Promise<void>
  /** Its dead letters, when there are so many. */
  dead(count: number): Promise<readonly HeldMessage[]>
  /** How often a mail may have been sent without our mark, as its database counts it. */
  uncertain(): Promise<number>
  /** Starts the mailer and resolves when it is ready. It is killed after the test. */
  start(environment?: Readonly<Record<string, string>>): Promise<MailerProcess>
  /** All files of its folder but the broker's and the keys, as text. */
  files(): string
}

const file = join(import.meta.dirname, 'main.ts')

export async function surroundings(t: TestContext, server: TestServer): Promise<Surroundings> {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-mailer-'))
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, server.certificate.cert)
  const transport = await openTransport(`sqlite:${join(folder, 'broker.db')}`)
  const store = await openStore(`sqlite:${join(folder, 'users.db')}`, 'users')
  const bus = await openBus({ service: 'users', store, transport, publishes: [mailSendCode, mailSendNotice] })
  const keys = await readCodeKeys('users', {}, { dataDir: folder, production: false })
  const children: ChildProcess[] = []
  t.after(async () => {
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
    await bus.close()
    await transport.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  let published = 0

  return {
    folder,
    bus,
    keys,
    async publishCode(email, digits) {
      const code = await keys.seal(digits, email)
      await store.transaction((tx) => bus.publish(tx, mailSendCode, { email, code }))
    },
    async publishBytes(body) {
      published += 1
      const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
      await transport.publish([{ id: `peer-${published}`, topic: mailSendCode.topic, headers: {}, body: bytes }])
    },
    async dead(count) {
      await using own = await openStore(`sqlite:${join(folder, 'mailer.db')}`, 'mailer')
      return await eventually(`${count} dead letters`, async () => {
        const found = await operationsOn(own, Date.now).listDead({ limit: 1000 })
        return found.length >= count ? found : undefined
      })
    },
    async uncertain() {
      await using own = await openStore(`sqlite:${join(folder, 'mailer.db')}`, 'mailer')
      const [row] = await own.read((tx) => tx.query('SELECT sum(uncertain) AS times FROM vestnik_inbox', []))
      return Number(row?.times)
    },
    async start(environment = {}) {
      const port = await freePort()
      const child = spawn(process.execPath, [file], {
        cwd: folder,
        env: {
          DATA_DIR: folder,
          PORT: String(port),
          MAIL_HOST: 'localhost',
          MAIL_PORT: String(server.port),
          MAIL_USER: 'films@example.org',
          MAIL_PASS: pass,
          MAIL_CA: ca,
          ...environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      children.push(child)
      return await watch(child, port)
    },
    files() {
      const names = readdirSync(folder).filter((name) => /^(mailer|users)\.db/.test(name))
      return names.map((name) => readFileSync(join(folder, name), 'latin1')).join('\n')
    },
  }
}

async function watch(child: ChildProcess, port: number): Promise<MailerProcess> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output = `${output}${chunk}`))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text()
  const ready = async () => (await get('/readyz').catch(() => '')).includes('"status":"ready"') || undefined
  await Promise.race([eventually('the mailer is ready', ready), ended])
  return { output: () => output, get, signal: (signal) => void child.kill(signal), ended }
}

/** Waits for a fact. */
export async function eventually<R>(what: string, look: () => Promise<R | undefined>, withinMs = 60_000): Promise<R> {
  const end = performance.now() + withinMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms for ${what}`)
    await sleep(25)
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
