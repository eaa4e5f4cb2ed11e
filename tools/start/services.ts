/** The services that `npm start` runs: where each listens, and which variables are meant for it alone. */
import { join } from 'node:path'

export interface ListeningPort {
  readonly protocol: 'http' | 'smtp'
  /** Taken when nobody asks for another. */
  readonly standard: number
  /** The variable that asks for one. */
  readonly variable: string
  /** The variable by which the service is told. */
  readonly toldAs: string
}

export interface KnownService {
  readonly name: string
  /** The file that runs it. */
  readonly file: string
  /** The first is that of its health and its figures. */
  readonly ports: readonly ListeningPort[]
  /** The variable that sets its database; undefined where it has none that the bus works on, and so opens no broker. */
  readonly databaseVariable?: string
  /** The variable by which others find it. */
  readonly urlVariable?: string
  /** The gateway hands requests on to it, and says from whom they came. */
  readonly behindGateway?: true
}

export const known: readonly KnownService[] = [
  service('gateway', 3000),
  { ...service('users', 3101), urlVariable: 'USERS_URL', behindGateway: true },
  { ...service('films', 3102), urlVariable: 'FILMS_URL', behindGateway: true },
  service('mailer', 3103),
  {
    name: 'mailbox',
    file: fileOf('mailbox'),
    ports: [
      { protocol: 'http', standard: 8025, variable: 'MAILBOX_PORT', toldAs: 'MAILBOX_PORT' },
      { protocol: 'smtp', standard: 1025, variable: 'MAILBOX_SMTP_PORT', toldAs: 'MAILBOX_SMTP_PORT' },
    ],
  },
]

const codeMakers = ['users', 'films']

/** Variables that open something: each goes to the services that are named here, and to no other. */
const secrets: Readonly<Record<string, readonly string[]>> = {
  TOKEN_KEYS: ['users'],
  CODE_HMAC_KEY: codeMakers,
  MAIL_PRIVATE_KEY: ['mailer'],
  MAIL_USER: ['mailer'],
  MAIL_PASS: ['mailer'],
  MAILBOX_KEY: ['mailbox'],
}

/** Whether the service has one-time codes mailed. */
export const makesCodes = ({ name }: KnownService): boolean => codeMakers.includes(name)

/** Whether a variable is none of this service's business: a secret or the database of another, or a broker it never opens. */
export function isOfOthers(variable: string, { name, databaseVariable }: KnownService): boolean {
  if (variable.startsWith('MESSAGE_BROKER_') || variable.startsWith('KAFKA_')) return databaseVariable === undefined
  const owners = secrets[variable]
  if (owners !== undefined) return !owners.includes(name)
  return known.some((one) => one.databaseVariable === variable)
}

function service(name: string, standard: number): KnownService {
  const upper = name.toUpperCase()
  return {
    name,
    file: fileOf(name),
    ports: [{ protocol: 'http', standard, variable: `${upper}_PORT`, toldAs: 'PORT' }],
    databaseVariable: `${upper}_DATABASE_URL`,
  }
}

function fileOf(name: string): string {
  return join(import.meta.dirname, '..', '..', 'services', name, 'main.ts')
}
