/** `npm run demo`: signs up, rents, kills services in the middle, and shows in a minute what is promised. */

import { play } from './demo/play.ts'
import { openStage, type Stage } from './demo/stage.ts'
import { createTeller } from './demo/tell.ts'

const tell = createTeller(process.stdout.hasColors?.() === true && process.env.NO_COLOR === undefined)
const startedAt = performance.now()

console.log(
  'Vestnik in a minute: five real processes, each with a database of its own, that talk through messages only.',
)
// A scene that was left in the middle must not keep it alive.
process.exit(await run())

async function run(): Promise<number> {
  const stopped = untilStopped()
  let stage: Stage | undefined
  try {
    stage = await openStage()
    const end = await Promise.race([tellAll(stage), stopped])
    if (end === 'stopped') return 1
    console.log(`\n${summary()}`)
    return tell.broken === 0 ? 0 : 1
  } catch (error) {
    console.error(`\nThe demonstration failed: ${error instanceof Error ? error.message : error}`)
    for (const line of stage?.log() ?? []) console.error(line)
    return 1
  } finally {
    await stage?.close()
  }
}

async function tellAll(stage: Stage): Promise<'played'> {
  await stage.start()
  console.log(`They run at ${stage.url} with their data in ${stage.folder}, which is removed at the end.`)
  await play(stage, tell)
  return 'played'
}

function summary(): string {
  const seconds = `${((performance.now() - startedAt) / 1000).toFixed(0)} s`
  if (tell.broken > 0) return `${tell.broken} of the promises were broken, in ${seconds}.`
  return `Every promise was kept, in ${seconds}. How, and which test proves it: docs/guarantees.md. Your turn: npm start`
}

function untilStopped(): Promise<'stopped'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve('stopped'))
  })
}
