/** A process of a service that holds many messages: it opens a bus, and reports when none is held any more. */
import { setTimeout as sleep } from 'node:timers/promises'
import { effect, on } from '@vestnik/bus'
import { orderPlaced } from '../harness/orders.ts'
import { go, now, parentDone, readInput, report } from '../harness/program.ts'
import { openService } from '../harness/services.ts'

const { folder, kind } = readInput<{ folder: string; kind: 'on' | 'effect' }>()
const bill = on(orderPlaced, 'billing', async ({ n, customer }, { tx }) => {
  await tx.query('INSERT INTO bills (n, customer) VALUES (?, ?)', [n, customer])
})
const letter = effect(orderPlaced, 'billing', () => {})

report({ at: now() })
await go()
const { store, close } = await openService(folder, 'billing', [kind === 'on' ? bill : letter])
while (await holdsAny()) await sleep(5)
report({ at: now() })
await parentDone
await close()

async function holdsAny(): Promise<boolean> {
  const rows = await store.read((tx) =>
    tx.query("SELECT 1 FROM vestnik_inbox WHERE state IN ('held', 'dead') AND pos > 0 LIMIT 1", []),
  )
  return rows.length > 0
}
