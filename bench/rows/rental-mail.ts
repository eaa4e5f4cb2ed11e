/** How soon the code of a rental is in the mailbox, through all services, against handing a mail over by hand. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Mail, type Mailbox, openMailbox } from '../../tools/client/mailbox.ts'
import { signUp } from '../../tools/client/person.ts'
import { startChild } from '../harness/child.ts'
import { password } from '../harness/people.ts'
import { type Figures, type Row, ratio, type Settings, type Side } from '../harness/row.ts'
import { percentile } from '../harness/stats.ts'
import { type RunningSystem, startSystem } from '../harness/system.ts'

const byHand = 'nodemailer alone, to the same mailbox'
const perSecond = 20
/** Each rents again after so long that their mails cannot be mistaken for each other. */
const emails = Array.from({ length: 25 }, (_, n) => `renting-${n}@example.org`)

export const rentalMail: Row = {
  name: 'rental-mail',
  title: 'from the 202 of a rental to its mail in the mailbox, through all services, at 20/s',
  sides: (settings) => {
    const system = systemOf(settings)
    return [bare(system, settings), ours(system, settings)]
  },
  requirements: [{ says: `${byHand}, p50`, unit: '×', value: ratio('p50Ms', 'ours', 'bare'), atMost: 3 }],
}

const load = ({ quick }: Settings) => (quick ? { warm: 2, total: 10 } : { warm: 20, total: 100 })

/** One system for all rounds, with people who may rent. */
interface System {
  open(): Promise<Opened>
  close(): Promise<void>
}

interface Opened extends RunningSystem {
  readonly mailbox: Mailbox
}

function systemOf({ folder }: Settings): System {
  let opened: Promise<Opened> | undefined
  async function start(): Promise<Opened> {
    const running = await startSystem(folder)
    const mailbox = openMailbox(running.urls.mailbox ?? '')
    const backend = { url: running.urls.gateway ?? '', mailbox }
    await Promise.all(emails.map((email) => signUp(backend, { email, password })))
    return { ...running, mailbox }
  }
  return {
    open() {
      opened ??= start()
      return opened
    },
    close: async () => (await opened)?.[Symbol.asyncDispose](),
  }
}

function bare(system: System, settings: Settings): Side {
  const { folder } = settings
  return {
    name: 'bare',
    title: byHand,
    async run() {
      const opened = await system.open()
      const input = { folder, port: opened.smtpPort }
      return await measure('programs/send-mails.ts', input, (n) => `m${n}@example.org`, opened, settings)
    },
  }
}

function ours(system: System, settings: Settings): Side {
  return {
    name: 'ours',
    title: 'the rental: gateway, films, broker, mailer',
    close: system.close,
    async run() {
      const opened = await system.open()
      const input = { url: opened.urls.gateway, emails }
      return await measure('programs/rent.ts', input, (n) => emails[n % emails.length] ?? '', opened, settings)
    },
  }
}

/** Runs the program, whose report is a moment for each number, and measures from there to the arrival of that mail. */
async function measure(
  program: string,
  input: object,
  emailOf: (n: number) => string,
  { mailbox }: Opened,
  settings: Settings,
): Promise<Figures> {
  const { warm, total } = load(settings)
  const before = (await mailbox.all()).length
  await using running = startChild(program, { ...input, perSecond, seconds: total / perSecond })
  const moments = await running.next()
  const mails = await mailsAfter(mailbox, before, total)
  const took = Object.entries(moments).map(([n, at]) => {
    const arrived = mails.find(({ to }) => to === emailOf(Number(n)))
    if (arrived !== undefined) mails.splice(mails.indexOf(arrived), 1)
    // The mailbox's clock counts whole milliseconds, and cuts off the rest.
    return (arrived?.at ?? Number.NaN) + 0.5 - at
  })
  return { p50Ms: percentile(took.slice(warm), 50), p99Ms: percentile(took.slice(warm), 99) }
}

/** The oldest first. */
async function mailsAfter(mailbox: Mailbox, before: number, count: number): Promise<Mail[]> {
  const late = AbortSignal.timeout(20_000)
  for (;;) {
    const mails = (await mailbox.all()).slice(before)
    if (mails.length >= count) return mails
    late.throwIfAborted()
    await sleep(20)
  }
}
