/** The mailbox as a process of a test's own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { mailboxCertificate } from '@vestnik/service/mailbox-certificate'
import { createTransport } from 'nodemailer'
import { until } from '../../e2e/until.ts'
import { freePorts } from '../../tools/start/free-ports.ts'
import { codeMail, trusting } from './mailbox.fixture.ts'

export interface Started {
  readonly child: ChildProcess
  readonly text: { readonly out: string; readonly err: string }
  /** The code that it ended with. */
  readonly ended: Promise<number | null>
}

export interface Running extends Started {
  readonly folder: string
  readonly ports: readonly number[]
  readonly origin: string
  /** Sends a code by SMTP. */
  send(code: string): Promise<unknown>
  /** How many messages there are. */
  total(): Promise<number>
}

export function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-mailbox-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

export function startMailbox(t: TestContext, folder: string, variables: Readonly<Record<string, string>>): Started {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', DATA_DIR: folder, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { out: '', err: '' }
  child.stdout.on('data', (some) => (text.out += some))
  child.stderr.on('data', (some) => (text.err += some))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, text, ended }
}

/** Resolves when it is ready. The folder and the ports of an earlier one make it the same again. */
export async function runMailbox(t: TestContext, before?: Pick<Running, 'folder' | 'ports'>): Promise<Running> {
  const { folder, ports } = before ?? { folder: scratch(t), ports: await freePorts(2) }
  const [port, smtpPort] = ports
  const variables = { MAILBOX_PORT: String(port), MAILBOX_SMTP_PORT: String(smtpPort) }
  const started = startMailbox(t, folder, variables)
  const origin = `http://localhost:${port}`
  await until('it is ready', async () => (await fetch(`${origin}/readyz`).catch(() => undefined))?.ok === true)
  return {
    ...started,
    folder,
    ports,
    origin,
    async send(code) {
      const sender = createTransport({ ...trusting(await mailboxCertificate(folder)), port: Number(smtpPort) })
      return await sender.sendMail(codeMail('anna@example.com', code))
    },
    async total() {
      const answer = await fetch(`${origin}/api/v1/messages`)
      return ((await answer.json()) as { total: number }).total
    },
  }
}
