/** What the errors of the server and of the client mean for a caller. Only codes are looked at, never the text of a message. */
import { BusError, hasCode } from '@vestnik/bus/errors'

/** The five characters by which SQL names an error; undefined for what did not come from the server. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  // Codes of the system, as ECONNRESET or EPIPE, are never five characters with a severity beside them.
  return 'severity' in error && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined
}

const within = (error: unknown, ...beginnings: readonly string[]): boolean => {
  const state = sqlState(error)
  return state !== undefined && beginnings.some((beginning) => state.startsWith(beginning))
}

/** The connection ended, or will: it was cut, timed out, or the server is going down. */
export function isLost(error: unknown): boolean {
  return sqlState(error) === undefined
    ? error instanceof Error && !(error instanceof BusError)
    : within(error, '57P', '25P03', '08000', '08003', '08006')
}

export const isConstraint = (error: unknown): boolean => within(error, '23')
/** A row, a table or a key was locked by another transaction for too long. */
export const isLocked = (error: unknown): boolean => within(error, '55P03')
/** Two transactions were in each other's way, and this one was chosen to begin anew. */
export const isCollision = (error: unknown): boolean => within(error, '40001', '40P01')
/** A statement took longer than a work may. */
export const isTimeout = (error: unknown): boolean => within(error, '57014')
export const isReadOnly = (error: unknown): boolean => within(error, '25006')
/** The number of values is not that of the placeholders. */
export const isMiscounted = (error: unknown): boolean => within(error, '08P01')
export const isFull = (error: unknown): boolean => within(error, '53100')

/** A prepared statement does not fit its tables any more: prepared anew it does. */
export const isOutdated = (error: unknown): boolean =>
  within(error, '0A000') && error instanceof Error && 'routine' in error && error.routine === 'RevalidateCachedQuery'

/** Whether a statement failed for a reason outside the statement: the machine, the server or another transaction. */
export const isEnvironment = (error: unknown): boolean =>
  isLost(error) || isLocked(error) || isCollision(error) || within(error, '53', '58', 'XX001', 'XX002')

/** The error of a transaction that certainly did not commit, because of the machine, the server or another transaction. */
export function notCommitted(shown: string, error: unknown): BusError {
  if (error instanceof BusError) return error
  if (isFull(error)) {
    const cause = new BusError('DISK_FULL', `write to ${shown}: the server's disk is full`, { cause: error })
    return new BusError('COMMIT_FAILED', `commit to ${shown}: the server's disk is full`, { cause })
  }
  if (isLocked(error) || within(error, '40P01')) {
    return new BusError('LOCK_TIMEOUT', `transaction on ${shown}: another one keeps a lock that it needs`, {
      cause: error,
    })
  }
  return new BusError('TX_LOST', `transaction on ${shown}: rolled back, ${reason(error)}`, { cause: error })
}

/** The error of a commit that the server refused. */
export const refusedCommit = (shown: string, error: unknown): unknown => {
  if (isConstraint(error)) return error // the work's own error, as that of any statement
  if (isFull(error) || isLocked(error) || isCollision(error)) return notCommitted(shown, error)
  if (isTimeout(error)) {
    return new BusError('TX_TOO_SLOW', `commit to ${shown}: what it checks took too long, it is rolled back`, {
      cause: error,
    })
  }
  return within(error, '53', '58')
    ? new BusError('COMMIT_FAILED', `commit to ${shown}: the server refused it, ${reason(error)}`, { cause: error })
    : error
}

/** The error of a commit of which nobody can say whether it took place. */
export const commitUnknown = (shown: string, error: unknown): BusError =>
  new BusError('COMMIT_UNKNOWN', `commit to ${shown}: it may or may not be kept, ${reason(error)}`, { cause: error })

export const unreachable = (shown: string, why: string, cause?: unknown): BusError =>
  new BusError('DATABASE_UNREACHABLE', `connect to ${shown}: ${why}`, { cause })

export const refused = (shown: string, why: string, cause?: unknown): BusError =>
  new BusError('DATABASE_REFUSED', `connect to ${shown}: ${why}`, { cause })

/** Why no connection could be made: `DATABASE_REFUSED` for what waiting cannot mend, else `DATABASE_UNREACHABLE`. */
export function connectError(shown: string, error: unknown): BusError {
  if (error instanceof BusError) return error
  if (isCertificate(error)) {
    return refused(shown, `its certificate is not trusted, ${reason(error)}; sslrootcert names the authority`, error)
  }
  if (within(error, '28', '3D000', '42501', '3F000')) return refused(shown, `the server says: ${reason(error)}`, error)
  const inner = error instanceof AggregateError ? error.errors[0] : error
  return unreachable(shown, reason(inner), error)
}

function isCertificate(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return false
  return /^(ERR_TLS_CERT|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(error.code)
}

export const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Whether waiting cannot mend why no connection could be made. */
export const isForGood = (error: unknown): boolean => hasCode(error, 'DATABASE_REFUSED')

/** The error of a work for which no connection could be made. */
export const notConnected = (shown: string, cause: unknown): BusError =>
  new BusError('TX_LOST', `transaction on ${shown}: no connection to the server, ${reason(cause)}`, { cause })
