/** What each service may do at RabbitMQ: the least with which it can make, write and read the topics of its contracts. Pure. */
import {
  filmRented,
  mailSendCode,
  mailSendNotice,
  userEmailConfirmed,
  userLoggedIn,
  userRegistered,
} from '@vestnik/contracts'

export interface ServiceTopics {
  readonly publishes: readonly string[]
  readonly reads: readonly string[]
}

export type ServiceUser = 'gateway' | 'users' | 'films' | 'mailer'

/** Patterns of names, of exchanges and queues alike, as RabbitMQ matches them. */
export interface Permissions {
  readonly configure: string
  readonly write: string
  readonly read: string
}

/** By the name of the service, which is its user's too. A test compares it with what the services do. */
export const topicsOf: Readonly<Record<ServiceUser, ServiceTopics>> = {
  gateway: topics([], [userLoggedIn]),
  users: topics([userRegistered, userEmailConfirmed, userLoggedIn, mailSendCode, mailSendNotice], []),
  films: topics([mailSendCode, filmRented], [userRegistered, userEmailConfirmed]),
  mailer: topics([], [mailSendCode, mailSendNotice]),
}

/**
 * A topic is an exchange of its name; its queues are named behind a slash. Whoever starts first makes them, so each may
 * configure the places of its topics: to bind a queue it must write to the queue and read the exchange. Only who
 * publishes may write to the exchange, only who reads may read the queues, and nobody may use the default exchange,
 * which leads to every queue.
 */
export function permissionsOf({ publishes, reads }: ServiceTopics): Permissions {
  return {
    configure: pattern(anyOf([...publishes, ...reads], '(/.+)?')),
    write: pattern(anyOf(publishes, '(/.+)?'), anyOf(reads, '/.+')),
    read: pattern(anyOf(publishes, ''), anyOf(reads, '(/.+)?')),
  }
}

function topics(publishes: readonly Named[], reads: readonly Named[]): ServiceTopics {
  return { publishes: publishes.map(({ topic }) => topic), reads: reads.map(({ topic }) => topic) }
}

interface Named {
  readonly topic: string
}

function pattern(...choices: readonly string[]): string {
  return `^(${choices.filter(Boolean).join('|')})$`
}

function anyOf(names: readonly string[], rest: string): string {
  if (names.length === 0) return ''
  return `(${names.map((name) => name.replaceAll('.', '\\.')).join('|')})${rest}`
}
