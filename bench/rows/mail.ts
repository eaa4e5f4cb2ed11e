/** How soon a code that a service asked for is in the mailbox, against handing a mail over by hand. */
import { percentile } from '../../tools/stats.ts'
import { type Report, startChild } from '../harness/child.ts'
import { type Figures, type Row, ratio, type Settings, type Side } from '../harness/row.ts'
import { startService } from '../harness/service-process.ts'

const byHand = 'nodemailer alone'

export const mail: Row = {
  name: 'mail',
  title: 'from the commit that asks for a mail to the mail, kept in the mailbox, at 20/s',
  sides: (settings) => [ours(settings), bare(settings)],
  requirements: [{ says: `${byHand}, p50`, unit: '×', value: ratio('p50Ms', 'ours', 'bare'), atMost: 3 }],
}

const perSecond = 20
const load = ({ quick }: Settings) => (quick ? { warm: 2, total: 12 } : { warm: 40, total: 400 })

function ours(settings: Settings): Side {
  return {
    name: 'ours',
    title: 'the mailer: outbox, broker, held message, claim, mail',
    async run(folder) {
      return await measure(folder, settings, async (port, input) => {
        const mailer = await startService('mailer', { DATA_DIR: folder, MAILBOX_SMTP_PORT: String(port) })
        const asking = startChild('programs/ask-for-mails.ts', input)
        return {
          sent: () => asking.next(),
          async [Symbol.asyncDispose]() {
            await asking.end()
            await mailer[Symbol.asyncDispose]()
          },
        }
      })
    },
  }
}

function bare(settings: Settings): Side {
  return {
    name: 'bare',
    title: byHand,
    versions: async () => 'nodemailer 10.2.1',
    async run(folder) {
      return await measure(folder, settings, async (port, input) => {
        const sending = startChild('programs/send-mails.ts', { port, ...input })
        return { sent: () => sending.next(), [Symbol.asyncDispose]: () => sending.end() }
      })
    },
  }
}

interface Sending extends AsyncDisposable {
  /** When each mail was asked for, by its number; told when all of them were. */
  sent(): Promise<Report>
}

/** The mailbox keeps the mails of both sides alike. */
async function measure(
  folder: string,
  settings: Settings,
  start: (port: number, input: object) => Promise<Sending>,
): Promise<Figures> {
  const { warm, total } = load(settings)
  await using mailbox = startChild('programs/take-mails.ts', { folder, total })
  const { port = 0 } = await mailbox.next()
  await using sending = await start(port, { folder, perSecond, seconds: total / perSecond })
  const [kept, asked] = await Promise.all([mailbox.next(), sending.sent()])
  const took = Object.keys(asked).map((n) => (kept[n] ?? Number.NaN) - (asked[n] ?? Number.NaN))
  return { p50Ms: percentile(took.slice(warm), 50), p99Ms: percentile(took.slice(warm), 99) }
}
