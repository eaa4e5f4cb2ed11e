/** All services of a system, each a supervised process of its own. */
import type { Output } from './output.ts'
import { choosePorts, type Placed } from './ports.ts'
import { environmentOf, type Settings } from './settings.ts'
import { supervise } from './supervise.ts'

export interface RunningServices {
  readonly placed: readonly Placed[]
  /** Resolves with a service's name when its first start showed that a person must change something. Else never. */
  readonly hopeless: Promise<string>
  stop(): Promise<void>
}

/** @throws BusError `BAD_CONFIG` when a port that was asked for is taken */
export async function runServices(settings: Settings, output: Output): Promise<RunningServices> {
  const placed = await choosePorts(settings, (notice) => output.say(notice))
  const running = placed.map((one) => supervise({ ...one, environment: environmentOf(one, placed, settings) }, output))
  return {
    placed,
    hopeless: Promise.race(running.map((one) => one.hopeless)),
    async stop() {
      await Promise.all(running.map((one) => one.stop()))
    },
  }
}
