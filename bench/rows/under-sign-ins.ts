/** What 200 sign-ins at once do to the other calls. */
import { addAccounts } from '../harness/accounts.ts'
import { startChild } from '../harness/child.ts'
import { type Figures, type Row, ratio, type Settings, type Side } from '../harness/row.ts'
import { startService } from '../harness/service-process.ts'

export const underSignIns: Row = {
  name: 'under-sign-ins',
  title: 'GET /films through the gateway, 100/s from when each was due, while 200 sign in at once',
  sides: (settings) => {
    const services = servicesOf(settings)
    return [
      side('quiet', 'nobody signs in', 0, services, settings),
      { ...side('ours', '200 sign in', settings.quick ? 20 : 200, services, settings), close: services.close },
    ]
  },
  requirements: [{ says: 'p99 while nobody signs in', unit: '×', value: ratio('p99Ms', 'ours', 'quiet'), atMost: 3 }],
}

/** One gateway, with what is behind it, for all rounds. */
interface Services {
  /** The gateway's address. */
  open(): Promise<string>
  close(): Promise<void>
}

function servicesOf({ folder }: Settings): Services {
  const started = new AsyncDisposableStack()
  let opened: Promise<string> | undefined
  async function start(): Promise<string> {
    await addAccounts(folder)
    const environment = { DATA_DIR: folder }
    const { url: USERS_URL } = started.use(await startService('users', environment))
    const { url: FILMS_URL } = started.use(await startService('films', environment))
    return started.use(await startService('gateway', { ...environment, USERS_URL, FILMS_URL })).url
  }
  return {
    open() {
      opened ??= start()
      return opened
    },
    close: () => started.disposeAsync(),
  }
}

function side(name: string, title: string, callers: number, services: Services, { quick }: Settings): Side {
  const lengths = quick ? { warmSeconds: 0.2, seconds: 0.5 } : { warmSeconds: 1, seconds: 5 }
  return {
    name,
    title,
    async run(): Promise<Figures> {
      const url = await services.open()
      await using gets = startChild('programs/paced-gets.ts', { url: `${url}/films`, perSecond: 100, ...lengths })
      await using signIns = startChild('programs/sign-ins.ts', { url, callers, ...lengths })
      const [answers, { perSecond = 0 }] = await Promise.all([gets.next(), signIns.next()])
      return { ...answers, signInsPerSecond: perSecond }
    },
  }
}
