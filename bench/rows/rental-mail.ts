/** How soon the code of a rental is in the mailbox, through all services, against handing a mail over by hand. */
import { users } from '@vestnik/api'
import { ask } from '../../tools/client/ask.ts'
import { percentile } from '../../tools/stats.ts'
import { type Child, startChild } from '../harness/child.ts'
import { password } from '../harness/people.ts'
import { type Figures, type Row, ratio, type Settings, type Side } from '../harness/row.ts'
import { startSystem } from '../harness/system.ts'

const byHand = 'nodemailer alone, to the same mailbox'
const perSecond = 20

export const rentalMail: Row = {
  name: 'rental-mail',
  title: 'from the 202 of a rental to its mail, kept in the mailbox, through all services, at 20/s',
  sides: (settings) => {
    const system = systemOf(settings)
    return [bare(system, settings), ours(system, settings)]
  },
  requirements: [{ says: `${byHand}, p50`, unit: '×', value: ratio('p50Ms', 'ours', 'bare'), atMost: 3 }],
}

/** So many people that each has their mail before they rent again. */
const load = ({ quick }: Settings) => (quick ? { people: 3, warm: 2, total: 10 } : { people: 25, warm: 20, total: 100 })

/** One system for all rounds, with people who may rent. */
interface System {
  open(): Promise<Opened>
  close(): Promise<void>
}

interface Opened {
  /** The gateway's address. */
  readonly url: string
  /** It reports each mail. */
  readonly mailbox: Child
  /** Where it takes mail. */
  readonly port: number
}

function systemOf(settings: Settings): System {
  const { folder } = settings
  const started = new AsyncDisposableStack()
  let opened: Promise<Opened> | undefined
  async function start(): Promise<Opened> {
    const mailbox = started.use(startChild('programs/mailbox.ts', { folder }))
    const { port = 0 } = await mailbox.next()
    const others = { SERVICES: 'gateway,users,films,mailer', MAILBOX_SMTP_PORT: String(port) }
    const { gateway: url = '' } = started.use(await startSystem(folder, others)).urls
    await signUpAll(load(settings).people, url, mailbox)
    return { url, mailbox, port }
  }
  return {
    open() {
      opened ??= start()
      return opened
    },
    close: () => started.disposeAsync(),
  }
}

async function signUpAll(people: number, url: string, mailbox: Child): Promise<void> {
  for (let n = 0; n < people; n += 1) {
    await ask(url, users.signUp, { body: { email: emailOf(n), password } })
    const { code } = await mailbox.next()
    await ask(url, users.confirmAddress, { body: { email: emailOf(n), code: String(code).padStart(6, '0') } })
  }
}

const emailOf = (n: number): string => `m${n}@example.org`

function bare(system: System, settings: Settings): Side {
  const { folder } = settings
  return {
    name: 'bare',
    title: byHand,
    async run() {
      const opened = await system.open()
      return await measure('programs/send-mails.ts', { folder, port: opened.port }, (n) => n, opened, settings)
    },
  }
}

function ours(system: System, settings: Settings): Side {
  const { people } = load(settings)
  const emails = Array.from({ length: people }, (_, n) => emailOf(n))
  return {
    name: 'ours',
    title: 'the rental: gateway, films, broker, mailer',
    close: system.close,
    async run() {
      const opened = await system.open()
      return await measure('programs/rent.ts', { url: opened.url, emails }, (n) => n % people, opened, settings)
    },
  }
}

/** Runs the program, whose report is a moment for each number, and measures from there to the mail of that number. */
async function measure(
  program: string,
  input: object,
  addressOf: (n: number) => number,
  { mailbox }: Opened,
  settings: Settings,
): Promise<Figures> {
  const { warm, total } = load(settings)
  await using running = startChild(program, { ...input, perSecond, seconds: total / perSecond })
  const moments = await running.next()
  const keptAt = new Map<number, number[]>()
  for (let i = 0; i < total; i += 1) {
    const { n = 0, at = 0 } = await mailbox.next()
    keptAt.set(n, [...(keptAt.get(n) ?? []), at])
  }
  // The mails of one address come in the order in which they were asked for.
  const took = Object.entries(moments).map(([n, at]) => (keptAt.get(addressOf(Number(n)))?.shift() ?? Number.NaN) - at)
  return { p50Ms: percentile(took.slice(warm), 50), p99Ms: percentile(took.slice(warm), 99) }
}
