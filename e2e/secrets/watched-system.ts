/** A system of which everything is kept that it says: logs as they were written, traces as they were sent. */
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { mailboxCertificate } from '@vestnik/service/mailbox-certificate'
import { openMailbox } from '../../tools/client/mailbox.ts'
import type { Backend } from '../../tools/client/person.ts'
import { freePortVariables } from '../../tools/start/free-ports.ts'
import type { Output } from '../../tools/start/output.ts'
import { runServices } from '../../tools/start/run-services.ts'
import { readSettings } from '../../tools/start/settings.ts'
import { untilReady } from '../../tools/start/until-ready.ts'

export interface Watched extends Backend {
  /** Of every service. */
  readonly urls: readonly string[]
  readonly logs: () => Buffer
  readonly traces: () => Buffer
  kill(service: string): void
  /** Resolves when all services are ready. */
  ready(): Promise<void>
  stop(): Promise<void>
}

/** All of it runs, with a user and a password for the mail server, when it resolves. */
export async function startWatched(t: TestContext, folder: string, mailPassword: string): Promise<Watched> {
  const dataDir = join(folder, 'data')
  const [ports, { certFile }, collector] = await Promise.all([
    freePortVariables(),
    mailboxCertificate(dataDir),
    openCollector(t),
  ])
  const settings = readSettings({
    ...pathOf(process.env),
    ...ports,
    SERVICES: 'gateway,users,films,mailer,mailbox',
    DATA_DIR: dataDir,
    RATE_LIMITS: 'off',
    MAIL_HOST: 'localhost',
    MAIL_PORT: ports.MAILBOX_SMTP_PORT ?? '',
    MAIL_CA: certFile,
    MAIL_USER: 'sender@example.org',
    MAIL_PASS: mailPassword,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  })
  const said: Buffer[] = []
  const pids = new Map<string, number>()
  const output: Output = {
    say: (text) => void said.push(Buffer.from(text)),
    take(name, child) {
      pids.set(name, child.pid ?? 0)
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => said.push(data))
    },
  }
  const running = await runServices(settings, output)
  t.after(() => running.stop())
  const ready = () => untilReady(running.placed, (notice) => t.diagnostic(notice))
  await ready()
  const urlOf = (name: string) => running.placed.find((one) => one.name === name)?.url ?? ''
  return {
    url: urlOf('gateway'),
    urls: running.placed.map(({ url }) => url),
    mailbox: openMailbox(urlOf('mailbox')),
    logs: () => Buffer.concat(said),
    traces: () => Buffer.concat(collector.bodies),
    kill: (service) => void process.kill(pids.get(service) ?? 0, 'SIGKILL'),
    ready,
    stop: running.stop,
  }
}

const pathOf = ({ PATH = '' }: NodeJS.ProcessEnv): Readonly<Record<string, string>> => ({ PATH })

/** What takes spans by OTLP over HTTP, as a collector does. */
async function openCollector(t: TestContext): Promise<{ readonly url: string; readonly bodies: readonly Buffer[] }> {
  const bodies: Buffer[] = []
  const server = createServer(async (request, answer) => {
    const body = Buffer.concat(await request.toArray())
    bodies.push(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)
    answer.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, bodies }
}
