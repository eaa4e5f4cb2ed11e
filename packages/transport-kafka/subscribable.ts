/** Whether a topic can be read, asked before a group is joined: a group of Kafka waits for ever for one that is missing. */
import { setTimeout as sleep } from 'node:timers/promises'
import { apiVersionsV4, metadataV12 } from '@platformatic/kafka'
import { BusError } from '@vestnik/bus/errors'
import { codes, errorOf } from './broker-errors.ts'
import { failureOf, isForGood } from './failures.ts'
import { type Link, openLink } from './link.ts'
import type { Settings } from './options.ts'

const waitMs = 10_000
const pauseMs = 200
/** A broker knows of a topic that was just made a moment later than another one. */
const believeMs = 1500
const heartbeatKey = 68

/** @throws BusError `UNKNOWN_TOPIC`, `BROKER_UNREACHABLE`, `BROKER_REFUSED` */
export async function checkTopic(settings: Settings, topic: string, attempt: string): Promise<void> {
  const link = openLink(settings, 0)
  try {
    const errorCode = await untilAnswered(link, topic, attempt)
    if (errorCode === codes.unknownTopic) throw new BusError('UNKNOWN_TOPIC', `${attempt}: there is no topic ${topic}`)
    if (errorCode !== 0) throw new BusError('BROKER_REFUSED', `${attempt}: ${errorOf(errorCode).message}`)
  } finally {
    link.close()
  }
}

async function untilAnswered(link: Link, topic: string, attempt: string): Promise<number> {
  const since = performance.now()
  for (;;) {
    try {
      await checkVersion(link, attempt)
      const { topics } = await link.askAny(metadataV12.api, [topic], false, false)
      const errorCode = topics[0]?.errorCode ?? codes.unknownTopic
      const isUnknown = errorCode === codes.unknownTopic
      // No leader yet is no reason to refuse.
      if (!isUnknown) return errorCode === codes.topicRefused ? errorCode : 0
      if (performance.now() - since > believeMs) return errorCode
    } catch (error) {
      if (error instanceof BusError) throw error
      if (isForGood(error) || performance.now() - since > waitMs) throw failureOf(attempt, error)
    }
    await sleep(pauseMs)
  }
}

async function checkVersion(link: Link, attempt: string): Promise<void> {
  const { apiKeys } = await link.askAny(apiVersionsV4.api, 'vestnik', '0')
  const heartbeats = apiKeys.find(({ apiKey }) => apiKey === heartbeatKey)
  if (heartbeats && heartbeats.maxVersion >= 1) return
  const why = 'it shares no partitions out by itself (KIP-848): Kafka 4.0 or newer is needed'
  throw new BusError('BROKER_REFUSED', `${attempt}: ${why}`)
}
