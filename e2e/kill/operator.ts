/** A person at another process: replays what is dead, on and on. */
import { setTimeout as sleep } from 'node:timers/promises'
import { operationsOn, systemPorts } from '@vestnik/bus'
import { hasCode } from '@vestnik/bus/errors'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { lethalPorts, patiently, places, serveUntilAsked } from './child.ts'

const store = await patiently(() => openSqliteStore(places.books))
const operations = operationsOn(store, systemPorts.now, undefined, lethalPorts().crash)
let ending = false

serveUntilAsked(async () => {
  ending = true
  await store.close()
})

while (!ending) {
  for (const letter of await operations.listDead()) {
    if (ending) break
    await operations.replay(letter, { who: 'operator', revision: letter.revision }).catch((error: unknown) => {
      // Another operator was quicker, or the store is closing.
      if (!hasCode(error, 'NOT_DEAD', 'STORE_CLOSED', 'LOCK_TIMEOUT')) throw error
    })
  }
  await sleep(100)
}
