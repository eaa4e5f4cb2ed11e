/** `npm start`: every service as a process of its own, all they say in one stream, until Ctrl-C ends all of it. */
import { accessSync, constants } from 'node:fs'
import { BusError } from '@vestnik/bus/errors'
import { makeFolder } from '@vestnik/service/data-folder'
import { readEnvironment } from '@vestnik/service/environment'
import { whenNpmEnds } from '@vestnik/service/npm-parent'
import { lockFolder } from './start/lock-folder.ts'
import { type Output, openOutput } from './start/output.ts'
import type { Placed } from './start/ports.ts'
import { runServices } from './start/run-services.ts'
import { known } from './start/services.ts'
import { readSettings, type Settings } from './start/settings.ts'
import { untilReady } from './start/until-ready.ts'

const startedAt = performance.now()
const output = openOutput(known.map(({ name }) => name))
const stopped = untilAsked()

try {
  const settings = readSettings(readEnvironment())
  await checkFolder(settings.dataDir)
  using _lock = lockFolder(settings.dataDir)
  const running = await runServices(settings, output)
  void announce(running.placed, settings, output)
  const failed = await Promise.race([stopped, running.hopeless])
  output.say('stopping')
  await running.stop()
  output.say('stopped')
  process.exit(failed === undefined ? 0 : 1)
} catch (error) {
  if (!(error instanceof BusError)) throw error
  output.say(`cannot start: ${error.message}`)
  process.exit(1)
}

/** Resolves with undefined when a person, or the terminal's end, asks to stop. */
function untilAsked(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(undefined))
    process.stdout.on('error', () => resolve(undefined))
    whenNpmEnds(() => resolve(undefined))
  })
}

async function checkFolder(folder: string): Promise<void> {
  await makeFolder(folder)
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new BusError('FILE_UNUSABLE', `DATA_DIR is "${folder}": it must be a folder that this user can write to`, {
      cause: error,
    })
  }
}

async function announce(placed: readonly Placed[], settings: Settings, output: Output): Promise<void> {
  await untilReady(placed, (notice) => output.say(notice))
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  output.say(`ready after ${seconds} s`)
  for (const [what, where] of whereThingsAre(placed, settings)) output.say(`  ${what.padEnd(8)} ${where}`)
  output.say('Ctrl-C ends all of it')
}

/** What a person opens, and what an operator looks for. */
function whereThingsAre(
  placed: readonly Placed[],
  { dataDir, shownBrokers, shownDatabases }: Settings,
): (readonly [string, string])[] {
  const pages = placed.flatMap(({ name, url }) => {
    if (name === 'gateway') return [[name, url] as const, ['docs', `${url}/docs`] as const]
    return [[name, url] as const]
  })
  const databases = shownDatabases.map((shown) => ['database', shown] as const)
  return [...pages, ['data', dataDir], ...databases, ...shownBrokers.map((shown) => ['broker', shown] as const)]
}
