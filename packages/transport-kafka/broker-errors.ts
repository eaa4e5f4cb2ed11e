/** The errors of Kafka's protocol that are told apart here, by their numbers. */
import { protocolErrors } from '@platformatic/kafka'

export const codes = {
  outOfRange: 1,
  unknownTopic: 3,
  notLeader: 6,
  metadataTooLarge: 12,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  groupIdInvalid: 24,
  unknownMember: 25,
  topicRefused: 29,
  groupRefused: 30,
  versionNotSupported: 35,
  outOfOrder: 45,
  duplicate: 46,
  fencedProducer: 47,
  unknownProducer: 59,
  unknownTopicId: 100,
  fencedEpoch: 110,
  staleEpoch: 113,
} as const

/** An answer that tells of an error. */
export class BrokerError extends Error {
  readonly errorCode: number
  /** Its name in the protocol. */
  readonly apiId: string | undefined
  /** Whether another attempt may end otherwise. */
  readonly canRetry: boolean

  constructor(errorCode: number, message: string, { apiId, canRetry = true }: { apiId?: string; canRetry?: boolean }) {
    super(message)
    this.name = 'BrokerError'
    this.errorCode = errorCode
    this.apiId = apiId
    this.canRetry = canRetry
  }
}

const byNumber = new Map(Object.values(protocolErrors).map((one) => [one.code, one]))

/** With what the broker itself says about it, if it does. */
export function errorOf(errorCode: number, said: string | null = null): BrokerError {
  const known = byNumber.get(errorCode)
  const message = known ? `${said ?? known.message} (${known.id})` : (said ?? `error ${errorCode}`)
  return new BrokerError(errorCode, message, known ? { apiId: known.id, canRetry: known.canRetry } : {})
}

export function isBrokerError(error: unknown, ...wanted: readonly number[]): boolean {
  return error instanceof BrokerError && wanted.includes(error.errorCode)
}
