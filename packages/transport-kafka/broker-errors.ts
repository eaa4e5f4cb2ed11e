/** The errors of Kafka's protocol that a consumer tells apart, by their numbers. */
import { protocolErrors } from '@platformatic/kafka'

export const codes = {
  outOfRange: 1,
  unknownTopic: 3,
  notLeader: 6,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  unknownMember: 25,
  topicRefused: 29,
  groupRefused: 30,
  unknownTopicId: 100,
  fencedEpoch: 110,
  staleEpoch: 113,
} as const

/** An answer that tells of an error. */
export class BrokerError extends Error {
  readonly errorCode: number

  constructor(errorCode: number, message: string) {
    super(message)
    this.name = 'BrokerError'
    this.errorCode = errorCode
  }
}

const byNumber = new Map(Object.values(protocolErrors).map(({ code, id, message }) => [code, `${message} (${id})`]))

export function errorOf(errorCode: number): BrokerError {
  return new BrokerError(errorCode, byNumber.get(errorCode) ?? `error ${errorCode}`)
}

export function isBrokerError(error: unknown, ...wanted: readonly number[]): boolean {
  return error instanceof BrokerError && wanted.includes(error.errorCode)
}
