/** What the processes of the whole chain by hand are told. */
import type { KafkaPlace } from '../peers/kafka.ts'

export interface ChainInput {
  readonly folder: string
  /** The name that the processes of ours know it by. */
  readonly rabbit: KafkaPlace
  readonly warm: number
  readonly count: number
}
