/** The gateway's own cost: a list of films through it, beside the least that one could put there. */
import { createRequire } from 'node:module'
import { startChild } from '../harness/child.ts'
import { type Figures, type Row, ratio, type Settings, type Side } from '../harness/row.ts'
import { type ServiceProcess, startService } from '../harness/service-process.ts'

const { version }: { version: string } = createRequire(import.meta.url)('@fastify/http-proxy/package.json')

export const gateway: Row = {
  name: 'gateway',
  title: 'GET /films (20 of them), 16 callers, before the same films service',
  sides: (settings) => {
    const films = filmsOf(settings)
    return [bare(films, settings), ours(films, settings)]
  },
  requirements: [
    {
      says: 'through the gateway over a bare fastify proxy',
      unit: '×',
      value: ratio('perSecond', 'ours', 'bare'),
      atLeast: 0.8,
    },
  ],
}

/** One films service for all rounds. */
interface Films {
  open(): Promise<ServiceProcess>
  close(): Promise<void>
}

function filmsOf({ folder }: Settings): Films {
  let films: Promise<ServiceProcess> | undefined
  return {
    open() {
      films ??= startService('films', { DATA_DIR: folder })
      return films
    },
    close: async () => (await films)?.[Symbol.asyncDispose](),
  }
}

function bare(films: Films, settings: Settings): Side {
  return {
    name: 'bare',
    title: 'a bare fastify proxy',
    versions: async () => `@fastify/http-proxy ${version}`,
    async run(): Promise<Figures> {
      const { url } = await films.open()
      await using proxy = startChild('programs/bare-proxy.ts', { upstream: url })
      const { port = 0 } = await proxy.next()
      return await load(port, settings)
    },
  }
}

function ours(films: Films, settings: Settings): Side {
  return {
    name: 'ours',
    title: 'the gateway',
    close: films.close,
    async run(folder): Promise<Figures> {
      const { url } = await films.open()
      await using gateway = await startService('gateway', { DATA_DIR: folder, FILMS_URL: url })
      return await load(Number(new URL(gateway.url).port), settings)
    },
  }
}

async function load(port: number, { quick }: Settings): Promise<Figures> {
  const lengths = quick ? { warmSeconds: 0.3, seconds: 0.5 } : { warmSeconds: 2, seconds: 8 }
  await using load = startChild('programs/get-load.ts', { port, path: '/films', connections: 16, ...lengths })
  return await load.next()
}
