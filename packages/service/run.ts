/** The life of a service's process: it starts or says in one sentence why not, runs until it is told to stop, ends in time. */
import { BusError, type Code } from '@vestnik/bus/errors'
import { readEnvironment } from './environment.ts'
import { exitHopeless } from './exit.ts'
import type { Http } from './http.ts'
import { type Log, openLog } from './log.ts'
import { whenNpmEnds } from './npm-parent.ts'
import { openTelemetry } from './telemetry.ts'

const stopMs = 4000

/**
 * Runs the work of a service. An error that a person must mend ends the process with a sentence on standard error and
 * `exitHopeless`; any other with a line in the log and 1.
 */
export async function main(service: string, work: (log: Log) => Promise<void>): Promise<void> {
  // Databases are for this user alone, also in a folder that others may read.
  process.umask(0o077)
  const log = openLog(service)
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'stopped by an error that nobody handled')
    process.exit(1)
  })
  // Whoever prints is told by its own callback; without a listener it would end the process.
  process.stdout.on('error', () => {})
  try {
    const telemetry = await openTelemetry(service, readEnvironment())
    await work(log).finally(telemetry.close)
    // Nothing may keep a stopped service alive: all that had to be durable is.
    process.exit(0)
  } catch (error) {
    process.exit(tell(service, log, error))
  }
}

/** Resolves with the reason when the process is asked to stop, by a signal or by the end of who started it. */
export function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    function stop(reason: string): void {
      resolve(reason)
      setTimeout(() => process.exit(1), stopMs + 2000).unref()
    }
    // The listeners stay: a second signal must not end a process that is about to finish its work.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal))
    process.on('disconnect', () => stop('the process that started it has ended'))
    if (process.channel === undefined) whenNpmEnds(() => stop('npm has ended'))
    // The channel is there to notice that end, not to keep this process alive.
    process.channel?.unref()
  })
}

export interface RunOptions {
  readonly http: Http
  readonly host: string
  readonly port: number
  /** The variable that sets the port. @default PORT */
  readonly portVariable?: string
  readonly log: Log
  /** Handlers that run may end until the signal aborts. */
  readonly drain: (deadline: AbortSignal) => Promise<void>
  /** @default untilStopped() */
  readonly until?: Promise<string>
}

/** Listens, and when asked to stop, answers what is under way and drains within a few seconds. */
export async function run(options: RunOptions): Promise<void> {
  const { http, host, port, portVariable = 'PORT', log, drain, until = untilStopped() } = options
  await http.listen({ host, port }).catch((error: unknown) => {
    throw listenError(error, portVariable, host, port)
  })
  const reason = await until
  log.info(`stopping: ${reason}`)
  const deadline = AbortSignal.timeout(stopMs)
  // Requests first: what they publish while they end must find the bus open.
  await Promise.race([http.close().then(() => drain(deadline)), aborted(deadline)])
  log.info('stopped')
}

/** What a person must mend when nothing can listen there: `BAD_CONFIG` with the variable's name. Else the error as it is. */
export function listenError(error: unknown, variable: string, host: string, port: number): unknown {
  const why = listenErrors[errnoOf(error)]
  if (why === undefined) return error
  return new BusError('BAD_CONFIG', `${variable} is "${port}", HOST is "${host}": ${why}`, { cause: error })
}

const listenErrors: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there; name a free port',
  EACCES: 'this user may not listen there; name a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this machine has no such address',
}

const errnoOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** What a person must mend: everything else may be over at the next start. */
const hopeless: readonly Code[] = [
  'BAD_CONFIG',
  'BAD_URL',
  'BAD_OPTION',
  'BAD_NAME',
  'CONTRACT_CONFLICT',
  'GROUP_CONFLICT',
  'TOPOLOGY_CONFLICT',
  'BROKER_REFUSED',
  'DATABASE_REFUSED',
  'FILE_UNUSABLE',
  'FILE_CORRUPT',
  'NEWER_VERSION',
]

function tell(service: string, log: Log, error: unknown): number {
  if (error instanceof BusError && hopeless.includes(error.code)) {
    process.stderr.write(`${service} cannot start: ${error.message}\n`)
    return exitHopeless
  }
  log.fatal({ err: error }, 'stopped by an error')
  return 1
}
