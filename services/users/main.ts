/** The users service: accounts, sessions, signing keys. */
import { availableParallelism } from 'node:os'
import { openBus } from '@vestnik/bus'
import { userLoggedIn } from '@vestnik/contracts'
import { busLog, healthOf, main, migrate, openStore, openTransport, readEnvironment, run } from '@vestnik/service'
import { createApp } from './app.ts'
import { readUsersConfig } from './config.ts'
import { createPasswords } from './passwords.ts'
import { migrations } from './store/migrations.ts'
import { readTokenKeys } from './token-keys.ts'

await main('users', async (log) => {
  const config = readUsersConfig(readEnvironment())
  const keys = await readTokenKeys(config)
  await using store = await openStore(config.databaseUrl)
  await migrate(store, 'users', migrations)
  await using transport = await openTransport(config.brokerUrl)
  await using bus = await openBus({ service: 'users', store, transport, publishes: [userLoggedIn], log: busLog(log) })
  // One of libuv's four threads stays free: the store syncs its file there.
  const passwords = createPasswords({ atOnce: Math.min(availableParallelism(), 3) })
  const http = createApp({ store, bus, passwords, keys, now: Date.now }, { log, health: healthOf(store, transport) })
  await run({ http, host: config.host, port: config.port, log, drain: (deadline) => bus.close(deadline) })
})
