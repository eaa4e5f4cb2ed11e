/** A broker of our own for the sides of one row, each time with a topic of its own name. */
import { randomUUID } from 'node:crypto'
import type { Program } from '../../tools/provide.ts'
import { howToGet, provide } from '../../tools/provide.ts'
import type { Figures, Settings, Side } from '../harness/row.ts'
import manifest from '../package.json' with { type: 'json' }

/** What a measured program needs to find its topic; `name` is what that is called, or its queues, or begin with. */
export interface BrokerPlace {
  readonly url: string
  readonly name: string
}

export interface BrokerSide extends Pick<Side, 'name' | 'title'> {
  /** The versions of these packages are stated. */
  readonly packages?: readonly (keyof typeof manifest.dependencies | keyof typeof manifest.devDependencies)[]
  run(place: BrokerPlace, folder: string): Promise<Figures>
}

/** How a broker comes to be here. */
export interface BrokerSource {
  readonly program: Program
  /** For people. */
  readonly name: string
  /** What names one that runs. */
  readonly variable: string
  isHere(): boolean
  open(): Promise<AsyncDisposable & { readonly url: string }>
  version?(url: string): Promise<string>
}

/** The broker is started for the first side that is measured, and ended with the row. */
export function onBroker(source: BrokerSource, sides: readonly BrokerSide[]): readonly Side[] {
  let started: ReturnType<BrokerSource['open']> | undefined
  const broker = () => {
    started ??= source.open()
    return started
  }
  return sides.map(({ name, title, packages = [], run }) => ({
    name,
    title,
    missing: async (settings) => missing(source, settings),
    async versions() {
      const server = source.version && [await source.version((await broker()).url)]
      return [...packages.map(versionOf), ...(server ?? [])].join(', ')
    },
    async run(folder) {
      return await run({ url: (await broker()).url, name: `bench-${randomUUID().slice(0, 8)}` }, folder)
    },
    async close() {
      const running = started
      started = undefined
      await (await running)?.[Symbol.asyncDispose]()
    },
  }))
}

/** Why there is none here; undefined when there is one. Whoever asks for the benchmark as root gets it. */
function missing({ program, name, variable, isHere }: BrokerSource, { quick }: Settings): string | undefined {
  if (quick ? isHere() : provide(program)) return undefined
  const why = `no ${name} can be started here (${howToGet(program)}, or name one in ${variable})`
  console.error(`  NOT MEASURED: ${why}`)
  return why
}

function versionOf(name: string): string {
  const versions: Readonly<Record<string, string>> = { ...manifest.dependencies, ...manifest.devDependencies }
  return `${name} ${versions[name]}`
}
