/** What each service keeps in memory: after its start, after the first sign-ins, which take what hashing needs, and after many. */
import { setTimeout as sleep } from 'node:timers/promises'
import { sessions } from '@vestnik/api'
import { ask } from '../../tools/client/ask.ts'
import { openMailbox } from '../../tools/client/mailbox.ts'
import { signUp } from '../../tools/client/person.ts'
import { callers } from '../harness/callers.ts'
import { type Figures, figureOf, type Requirement, type Row, type Settings, type Side } from '../harness/row.ts'
import { startSystem } from '../harness/system.ts'

const services = ['gateway', 'users', 'films', 'mailer', 'mailbox'] as const
const atOnce = 8

export const memory: Row = {
  name: 'memory',
  title:
    'RSS of each service after its start, after 100 sign-ins and after 1,000 (1,000 and 10,000 with --long), 8 at once',
  sides: (settings) => [system(settings)],
  requirements: services.map(flat),
}

function flat(name: string): Requirement {
  return {
    says: `${name}: after all sign-ins over after the first tenth of them`,
    unit: '×',
    value: (medians) => {
      const [after, warm] = ['After', 'Warm'].map((when) => figureOf(medians, 'system', `${name}${when}Mb`))
      return after === undefined || warm === undefined ? undefined : after / warm
    },
    atMost: 1.15,
  }
}

function system({ quick, long }: Settings): Side {
  const signIns = quick ? 40 : long ? 10_000 : 1_000
  return {
    name: 'system',
    title: 'all services',
    async run(folder): Promise<Figures> {
      await using running = await startSystem(folder)
      const { urls } = running
      const url = urls.gateway ?? ''
      // What only the start needs is given back by then.
      await sleep(quick ? 0 : 3000)
      const start = await memoryOf(urls, 'Start')
      const body = { email: 'anna@example.org', password: 'correct horse battery staple' }
      await signUp({ url, mailbox: openMailbox(urls.mailbox ?? '') }, body)
      const signIn = () => ask(url, sessions.signIn, { body })
      await callers(atOnce, 0, signIns / 10, signIn)
      const warm = await memoryOf(urls, 'Warm')
      const startedAt = performance.now()
      await callers(atOnce, signIns / 10, signIns, signIn)
      const seconds = (performance.now() - startedAt) / 1000
      return { ...start, ...warm, ...(await memoryOf(urls, 'After')), perSecond: (signIns * 0.9) / seconds }
    },
  }
}

async function memoryOf(urls: Readonly<Record<string, string>>, when: string): Promise<Figures> {
  const read = services.map(async (name) => {
    const text = await (await fetch(`${urls[name]}/metrics`)).text()
    const bytes = /^process_memory_usage_bytes(?:\{[^}]*\})? (\S+)/m.exec(text)?.[1]
    return [`${name}${when}Mb`, Number(bytes) / 1024 / 1024] as const
  })
  return Object.fromEntries(await Promise.all(read))
}
