/** A Kafka of our own for the sides of one row. */
import { hasKafka, sharedKafka } from '../../tools/brokers/kafka.ts'
import type { Side } from '../harness/row.ts'
import { type BrokerPlace, type BrokerSide, type BrokerSource, onBroker } from './broker.ts'

export type { BrokerPlace as KafkaPlace, BrokerSide as KafkaSide } from './broker.ts'

const source: BrokerSource = {
  ...{ program: 'kafka', name: 'Kafka', variable: 'TEST_KAFKA_BROKERS' },
  ...{ isHere: hasKafka, open: sharedKafka },
}

export const onKafka = (sides: readonly BrokerSide[]): readonly Side[] => onBroker(source, sides)

/** As `host:port`. */
export const brokersOf = ({ url }: BrokerPlace): string[] => url.slice('kafka://'.length).split(',')
