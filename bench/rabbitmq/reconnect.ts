/** A group without a store whose link is cut time and again; reports when each message comes. */
import { handleWithoutInbox } from '@vestnik/bus'
import { now, parentDone, readInput, report } from '../harness/program.ts'
import type { RabbitPlace } from '../peers/rabbitmq.ts'
import { openPlace, ordersIn } from './place.ts'

const transport = await openPlace(readInput<RabbitPlace>())
await handleWithoutInbox({ service: 'billing', transport }, ordersIn('none'), 'billing', () => report({ at: now() }))
report({ at: now() })
await parentDone
await transport.close()
