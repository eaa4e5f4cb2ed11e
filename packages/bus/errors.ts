/** Every error that a package of Vestnik throws: one class, and every code in one table. docs/errors.md is made from it. */

export interface CodeFacts {
  /** What is the case when it is thrown. */
  readonly meaning: string
  /** What the reader of it can do. */
  readonly remedy: string
}

/** All codes, in the order of docs/errors.md. */
export const codes = {
  // Options and contracts: refused at start.
  BAD_OPTION: {
    meaning: 'An option has a value that is not allowed.',
    remedy: 'The message names the option, what was found and what is allowed.',
  },
  BAD_NAME: {
    meaning: 'A topic, group or service has a name that not every broker can carry.',
    remedy: 'Use 1 to 120 of the letters a-z and A-Z, digits, dot, dash and underscore, beginning with a letter.',
  },
  BAD_URL: {
    meaning: 'The URL of a broker or a database cannot be used.',
    remedy: 'The message names what is wrong with it and which schemes are known.',
  },
  CONTRACT_CONFLICT: {
    meaning: 'Two contracts of one topic differ.',
    remedy: 'Keep one contract value for each topic in a shared module, and import it everywhere.',
  },
  GROUP_CONFLICT: {
    meaning: 'A group of a topic has two handlers, or a handler is for a group that its contract does not name.',
    remedy: 'Give each handler a group of its own, and name the group in the contract.',
  },
  CONTRACT_UNKNOWN: {
    meaning: 'A message was published for a contract that this bus was not opened with.',
    remedy:
      'Add the contract to `publishes` in openBus, so that its places at the broker are made before it is needed.',
  },
  TOPOLOGY_CONFLICT: {
    meaning: 'The broker already has the topic or group, made in another way.',
    remedy: 'Use the settings that it has, or a new name; nothing is altered for you.',
  },
  // Publishing.
  INVALID_PAYLOAD: {
    meaning: 'A payload does not fit the schema of its contract, or its key is longer than 1,024 bytes or has NUL.',
    remedy: 'The message names the path and the reason. Nothing was published.',
  },
  BODY_TOO_LARGE: {
    meaning: 'The message is larger than its broker carries.',
    remedy: 'Send a reference to the data instead. In the outbox it is set aside: `vestnik outbox list`.',
  },
  PUBLISH_INCOMPLETE: {
    meaning: 'The broker refused some messages of a batch, or nobody knows whether it holds them.',
    remedy: '`doubtful` may be sent again under the same id; `refused` never reached the broker.',
  },
  UNKNOWN_TOPIC: {
    meaning: 'The broker has no such topic.',
    remedy: 'Open a bus with the contract, which makes it, or make it yourself.',
  },
  // Handling.
  PERMANENT: {
    meaning: 'A handler said that trying again cannot help.',
    remedy: 'Look at the dead letter, mend its cause or its body, then replay, edit or drop it.',
  },
  UNCERTAIN: {
    meaning: 'An effect outside may or may not have taken place.',
    remedy: 'It is counted as uncertain; the contract says whether it is repeated or waits for a person.',
  },
  HANDLER_FAILED: {
    meaning: 'A handler threw something that is not an Error.',
    remedy: 'Throw Error objects, so that the dead letter can say what happened and where.',
  },
  // Looking at and mending what failed.
  NOT_FOUND: {
    meaning: 'There is no such message in this database.',
    remedy: 'List again: it may have been handled, or belong to another service.',
  },
  NOT_DEAD: {
    meaning: 'The message is not a dead letter any more, or was changed since it was looked at.',
    remedy: 'Look at it again, then decide anew.',
  },
  NEEDS_FORCE: {
    meaning: 'The message has expired, is too old to deduplicate, or its effect may have happened already.',
    remedy: 'Repeat with force if an effect now, or a second time, is what you want.',
  },
  NOT_CONFIRMED: {
    meaning: 'A change was not confirmed: the answer was no, or nobody was there to be asked.',
    remedy: 'Look at what would be changed, then answer yes, or repeat with --yes.',
  },
  INVALID_EDIT: {
    meaning: 'The new body is not JSON, or masked fields are left in it.',
    remedy: 'Give the whole payload as one JSON document; give masked fields a value, or repeat with --reveal.',
  },
  // Stores.
  COMMIT_UNKNOWN: {
    meaning: 'The connection broke, or the log could not be synced, while a commit was under way.',
    remedy: 'Treat it as possibly done. The bus asks the inbox at the next delivery.',
  },
  COMMIT_FAILED: {
    meaning: 'The commit was refused, and nothing of it was written.',
    remedy: 'See the cause: often a full disk. It is safe to try again.',
  },
  LOCK_TIMEOUT: {
    meaning: 'Another process kept the database, or a row of it, locked for too long.',
    remedy: 'Look for a long transaction in another process. It is safe to try again.',
  },
  TX_LOST: {
    meaning: 'The transaction was lost before its commit.',
    remedy: 'See the cause. It is safe to try again.',
  },
  TX_TOO_SLOW: {
    meaning: 'The work of a transaction took longer than a second, and was rolled back.',
    remedy:
      'Await only the transaction inside it; do HTTP, mail and heavy computing outside, or in an effect. It also happens while the database stands still: it is safe to try again.',
  },
  TX_NESTED: {
    meaning: 'A transaction was asked for inside another one of the same store.',
    remedy: 'Use the `tx` that the work was given.',
  },
  TX_ENDED: {
    meaning: 'A statement was run in a transaction that had ended.',
    remedy: 'Await every query and every publish inside the work.',
  },
  SQL_VALUE: {
    meaning: 'A value that the database would silently take for NULL or something else was bound.',
    remedy: 'Bind strings, finite numbers, bigints, Uint8Arrays and null only.',
  },
  SQL_STATEMENT: {
    meaning:
      'A query was more than one statement, one that begins or ends a transaction or attaches a file, or a write in a read.',
    remedy: 'Give each query one statement, and write in `transaction`; the store itself begins and ends transactions.',
  },
  STORE_CLOSED: {
    meaning: 'The store is closed, or closed itself after a write that could not be synced.',
    remedy: 'Open it again; after a failed sync look at the disk first.',
  },
  // Files of stores and of the embedded broker.
  DISK_FULL: {
    meaning: 'The disk is full. What was answered before is kept.',
    remedy: 'Make room; what was refused can be tried again.',
  },
  FILE_LOCKED: {
    meaning: 'Another process keeps the database file locked.',
    remedy: 'Find the process that holds a long transaction on the file.',
  },
  FILE_CORRUPT: {
    meaning: 'The file is not a database, or it is damaged.',
    remedy: 'Keep a copy of it, restore a backup, or name another file.',
  },
  FILE_UNUSABLE: {
    meaning: 'The file or its folder cannot be opened for writing.',
    remedy: 'Check the path and its permissions.',
  },
  FILE_MISSING: {
    meaning: 'There is no such database file.',
    remedy: 'Check the path. A service makes its database when it starts; looking at one makes none.',
  },
  NO_TABLES: {
    meaning: 'The database has no tables of Vestnik.',
    remedy: 'Name the database of a service that has been started once; the file of the broker is another.',
  },
  NEWER_VERSION: {
    meaning: 'The file or schema was made by a newer version of Vestnik.',
    remedy: 'Upgrade this program; older ones would not keep its promises.',
  },
  // Lifecycle.
  BUS_CLOSED: {
    meaning: 'The bus is closed or closing.',
    remedy: 'Publish before it is closed; what is in the outbox is sent after the next start.',
  },
  TRANSPORT_CLOSED: {
    meaning: 'The transport is closed.',
    remedy: 'Open a new one.',
  },
  BROKER_UNREACHABLE: {
    meaning: 'The broker does not answer.',
    remedy: 'Nothing is lost: it is tried again by itself. Start the broker, or correct its URL.',
  },
  BROKER_REFUSED: {
    meaning:
      'The broker answers, and refuses us: the credentials, a right that is missing, or its certificate is not trusted.',
    remedy: 'Correct the user, the password, the rights or the trusted certificates; the message holds the answer.',
  },
  // Servers of databases.
  DATABASE_UNREACHABLE: {
    meaning: 'The database server does not answer, or takes no writes now.',
    remedy: 'Nothing is lost: it is tried again by itself. Start the server, or correct the URL.',
  },
  DATABASE_REFUSED: {
    meaning:
      'The database server answers, and refuses us: the credentials, the database, a right, its certificate, or its version.',
    remedy: 'Correct what the message names; waiting does not mend it.',
  },
  // Services.
  BAD_CONFIG: {
    meaning: 'An environment variable has a value that is not allowed.',
    remedy: 'The message names the variable, what was found and what is allowed.',
  },
} as const

export type Code = keyof typeof codes

/** What stands in the table for a code. */
export const factsOf = (code: Code): CodeFacts => codes[code]

/** An error of Vestnik: `code` for programs, `message` for people (what was attempted, on what, why), `cause` for both. */
export class BusError extends Error {
  readonly code: Code

  constructor(code: Code, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'BusError'
    this.code = code
  }
}

/** Rejects `Transport.publish`: every message of the batch that it does not name is durable at the broker. */
export class PublishError extends BusError {
  /** May be stored or not: send again under the same id. */
  readonly doubtful: readonly string[]
  /** Certainly stored nowhere, each with the reason. */
  readonly refused: readonly Refusal[]

  constructor(
    message: string,
    exceptions: {
      readonly doubtful: readonly string[]
      readonly refused: readonly Refusal[]
      readonly cause?: unknown
    },
  ) {
    super('PUBLISH_INCOMPLETE', message, { cause: exceptions.cause })
    this.doubtful = exceptions.doubtful
    this.refused = exceptions.refused
  }
}

export interface Refusal {
  readonly id: string
  readonly code: Code
}

/** Whether the value is an error of ours with this code (one of these codes). */
export function hasCode(error: unknown, ...wanted: readonly Code[]): error is BusError {
  return error instanceof BusError && wanted.includes(error.code)
}

/** Thrown by a handler: trying again cannot help, so the message becomes a dead letter at once. */
export function permanent(message: string, cause?: unknown): BusError {
  return thrownBy(permanent, new BusError('PERMANENT', message, { cause }))
}

/** Thrown by an effect: nobody knows whether it took place outside. It is counted, and the contract says what then. */
export function uncertain(message: string, cause?: unknown): BusError {
  return thrownBy(uncertain, new BusError('UNCERTAIN', message, { cause }))
}

/** Its stack begins where the application called us: there a dead letter should point. */
function thrownBy(ours: (...words: never) => BusError, error: BusError): BusError {
  Error.captureStackTrace(error, ours)
  return error
}
