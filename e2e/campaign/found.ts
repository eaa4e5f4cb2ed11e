/** What is in the books of all services, and in the mailbox, when a campaign is over. */

export interface Found {
  readonly users: readonly User[]
  readonly sessions: readonly Session[]
  /** The gateway's, from the messages of the users service. */
  readonly logins: readonly { readonly userId: number; readonly at: number }[]
  /** The films service's, from the same. */
  readonly known: readonly { readonly id: number; readonly email: string; readonly confirmed: boolean }[]
  readonly rentals: readonly {
    readonly id: number
    readonly userId: number
    readonly film: number
    readonly active: boolean
  }[]
  /** The messages that the mailer was given. */
  readonly letters: readonly Letter[]
  /** In the order of their arrival, copies too. */
  readonly mails: readonly { readonly messageId: string; readonly to: string }[]
  /** The gateway's lines for sign-ins, copies too. */
  readonly printed: readonly string[]
  /** How often something befell a gateway, or what it prints from. */
  readonly brokenOff: number
  /** What is still in an outbox, held or dead. */
  readonly remains: readonly Remainder[]
  /** How many processes and servers were killed. */
  readonly kills: number
  /** Answers that nobody expected, and ends of services, in words. */
  readonly surprises: readonly string[]
}

export interface User {
  readonly id: number
  readonly email: string
  readonly confirmed: boolean
  /** After the first. */
  readonly passwordsSet: number
}

export interface Session {
  readonly id: string
  readonly userId: number
  /** When it began: milliseconds since 1970. */
  readonly at: number
  readonly ended: boolean
  /** Its refresh tokens, and those of them that were used. */
  readonly tokens: number
  readonly used: number
}

export interface Letter {
  /** Of the mail that it asks for. */
  readonly messageId: string
  readonly topic: string
  /** The service that published it. */
  readonly source: string
  readonly to: string
  /** When the message was made: milliseconds since 1970. */
  readonly madeAt: number
  /** How often nobody could know whether its mail was sent. */
  readonly uncertain: number
}

export interface Remainder {
  readonly service: string
  readonly what: 'in the outbox' | 'set aside' | 'held' | 'dead'
  readonly topic: string
  readonly count: number
}
