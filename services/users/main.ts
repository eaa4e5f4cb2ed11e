/** The users service: accounts, sessions, signing keys. */
import { openBus } from '@vestnik/bus'
import { codeMigrations, createCodes, readCodeKeys, standardMailLimits } from '@vestnik/codes'
import * as contracts from '@vestnik/contracts'
import { busLog, healthOf, main, migrate, openBrokers, openStore, readEnvironment, repeat, run } from '@vestnik/service'
import { createApp } from './app.ts'
import { readUsersConfig } from './config.ts'
import { startHashingThreads, usefulThreads } from './hashing-threads.ts'
import { createLimits } from './limits.ts'
import { createPasswords } from './passwords.ts'
import { migrations } from './store/migrations.ts'
import { sweepAccounts } from './store/sweep.ts'
import { readTokenKeys } from './token-keys.ts'

const { mailSendCode, mailSendNotice, userEmailConfirmed, userLoggedIn, userRegistered } = contracts
const publishes = [userRegistered, userEmailConfirmed, userLoggedIn, mailSendCode, mailSendNotice]
const sweepEveryMs = 60_000

await main('users', async (log) => {
  const environment = readEnvironment()
  const config = readUsersConfig(environment)
  const keys = await readTokenKeys(config)
  const codeKeys = await readCodeKeys('users', environment, config)
  await using store = await openStore(config.databaseUrl, 'users')
  await migrate(store, 'users', migrations)
  await migrate(store, 'codes', codeMigrations)
  await using brokers = await openBrokers({ clientId: 'users', contracts: publishes, config, log })
  const { transport, routes } = brokers
  await using bus = await openBus({ service: 'users', store, transport, routes, publishes, log: busLog(log) })
  await using hashing = startHashingThreads(usefulThreads)
  const passwords = createPasswords({ atOnce: usefulThreads, derive: hashing.derive })
  const mailLimits = config.rateLimits ? standardMailLimits : undefined
  const codes = createCodes({ ...codeKeys, publish: bus.publish, now: Date.now, limits: mailLimits })
  const limits = createLimits(config.rateLimits)
  const parts = { store, bus, passwords, keys, codes, limits, mailLimits, now: Date.now }
  // The gateway is on this machine, or it is named.
  const trustProxy = ['127.0.0.0/8', '::1', ...config.trustProxy]
  const http = createApp(parts, { log, health: healthOf(store, transport, routes), trustProxy })
  await using _sweeping = repeat(sweepEveryMs, log, async () => {
    await codes.sweep(store)
    await sweepAccounts(store, Date.now())
  })
  await run({ http, host: config.host, port: config.port, log, drain: (deadline) => bus.close(deadline) })
})
