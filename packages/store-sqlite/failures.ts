/** What SQLite's result codes mean for a caller. Only `errcode` is looked at, never the text of a message. */
import { BusError } from '@vestnik/bus/errors'

const primary = {
  internal: 2,
  permission: 3,
  busy: 5,
  locked: 6,
  noMemory: 7,
  readOnly: 8,
  inputOutput: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  protocol: 15,
  constraint: 19,
  range: 25,
  notADatabase: 26,
} as const

const ioErrorWrite = 778

/** The primary result code of an error of SQLite; undefined for any other error. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

export const isBusy = (error: unknown): boolean =>
  resultCode(error) === primary.busy || resultCode(error) === primary.locked
export const isConstraint = (error: unknown): boolean => resultCode(error) === primary.constraint
/** More values were bound than the statement has placeholders. */
export const isOutOfPlaceholders = (error: unknown): boolean => resultCode(error) === primary.range

/** A frame of the log could not be written: the frame that commits is the last of them, so nothing took place. */
export const isUnwritten = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === ioErrorWrite
export const isFull = (error: unknown): boolean => resultCode(error) === primary.full

/** Whether a statement failed for a reason outside the statement: the machine, the file or another process. */
export function isEnvironment(error: unknown): boolean {
  const code = resultCode(error)
  return code !== undefined && environment.has(code)
}

const environment: ReadonlySet<number> = new Set([
  primary.internal,
  primary.busy,
  primary.locked,
  primary.noMemory,
  primary.inputOutput,
  primary.corrupt,
  primary.full,
  primary.cannotOpen,
  primary.protocol,
  primary.notADatabase,
])

/** The error of a transaction that certainly did not commit, because of the machine, the file or another process. */
export function notCommitted(path: string, error: unknown): BusError {
  if (isFull(error)) {
    return new BusError('COMMIT_FAILED', `commit to ${path}: the disk is full`, { cause: diskFull(path, error) })
  }
  if (isBusy(error))
    return new BusError('LOCK_TIMEOUT', `commit to ${path}: another process keeps it locked`, { cause: error })
  return new BusError('TX_LOST', `transaction on ${path}: rolled back, ${reason(error)}`, {
    cause: fileError(path, error),
  })
}

/** The error of a commit of which nobody can say whether it will still be there after a crash. */
export const commitUnknown = (path: string, error: unknown): BusError =>
  new BusError('COMMIT_UNKNOWN', `commit to ${path}: it may or may not be kept, ${reason(error)}`, { cause: error })

/** The error of a file that cannot be opened or used, as a sentence. */
export function fileError(path: string, error: unknown): BusError {
  const code = resultCode(error)
  if (code === primary.full || nodeCode(error) === 'ENOSPC') return diskFull(path, error)
  if (code === primary.busy || code === primary.locked) {
    return new BusError('FILE_LOCKED', `open ${path}: another process keeps it locked`, { cause: error })
  }
  if (code === primary.notADatabase) {
    return new BusError('FILE_CORRUPT', `open ${path}: it is not a SQLite database`, { cause: error })
  }
  if (code === primary.corrupt) return new BusError('FILE_CORRUPT', `open ${path}: it is damaged`, { cause: error })
  return new BusError('FILE_UNUSABLE', `open ${path} for writing: ${reason(error)}`, { cause: error })
}

const diskFull = (path: string, error: unknown): BusError =>
  new BusError('DISK_FULL', `write to ${path}: the disk is full`, { cause: error })

const nodeCode = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))
