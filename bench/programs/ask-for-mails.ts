/** Publishes sealed codes at a steady rate, as a service does that has them mailed; reports when each was committed. */
import { openBus } from '@vestnik/bus'
import { readCodeKeys } from '@vestnik/codes'
import { mailSendCode } from '@vestnik/contracts'
import { openStore, openTransport } from '@vestnik/service'
import { pace } from '../harness/pace.ts'
import { now, parentDone, readInput, report } from '../harness/program.ts'

const { folder, perSecond, seconds } = readInput<{ folder: string; perSecond: number; seconds: number }>()
await using store = await openStore(`sqlite:${folder}/users.db`, 'users')
await using transport = await openTransport(`sqlite:${folder}/broker.db`)
await using bus = await openBus({ service: 'users', store, transport, publishes: [mailSendCode] })
const { seal } = await readCodeKeys('users', {}, { dataDir: folder, production: false })

const committedAt: Record<string, number> = {}
await pace(perSecond, seconds, async (n) => {
  const email = `m${n}@example.org`
  const code = await seal('123456', email)
  await store.transaction((tx) => bus.publish(tx, mailSendCode, { email, code }))
  committedAt[n] = now()
})
report(committedAt)
await parentDone
