/** The log of a service: JSON lines on standard error, so that standard output is free for what is printed for people. */
import type { LogEntry } from '@vestnik/bus'
import { type Logger, pino } from 'pino'
import { traceFields } from './telemetry.ts'

export type Log = Logger

/** Lines are written at once, so that the last one is there when the process is killed. */
export function openLog(service: string): Log {
  const output = pino.destination({ fd: 2, sync: true })
  // Who read the log is gone: there is nobody left to tell, and the work goes on.
  output.on('error', () => {})
  return pino(
    {
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      mixin: traceFields,
    },
    output,
  )
}

/** What the bus has to say, in the service's log. */
export function busLog(log: Log): (entry: LogEntry) => void {
  return ({ level, message, error, ...facts }) => {
    log[level](error === undefined ? facts : { ...facts, err: error }, message)
  }
}
