/** Runs the command in this process, on a terminal of the test's own. */
import { run } from '../run.ts'

export interface Ended {
  readonly code: 0 | 1 | 2
  readonly out: string
  readonly err: string
}

export interface Setting {
  /** What the person answers, one after another. Without it nobody is there. */
  readonly answers?: readonly boolean[]
  /** Called before each answer. */
  readonly beforeAnswer?: () => Promise<void>
  readonly columns?: number
  readonly environment?: Readonly<Record<string, string>>
}

/** The words are split at spaces; `more` are added as they are. */
export async function command(
  database: string,
  words: string,
  setting: Setting = {},
  ...more: readonly string[]
): Promise<Ended> {
  const out: string[] = []
  const err: string[] = []
  const answers = [...(setting.answers ?? [])]
  const ask = async (question: string) => {
    err.push(question)
    await setting.beforeAnswer?.()
    return answers.shift() ?? false
  }
  const code = await run([...words.split(' '), ...more], {
    print: (text) => out.push(text),
    tell: (text) => err.push(text),
    columns: setting.columns ?? 160,
    style: (_, text) => text,
    ask: setting.answers && ask,
    environment: {
      DATABASE_URL: database.startsWith('postgres:') ? database : `sqlite:${database}`,
      ...setting.environment,
    },
    now: Date.now,
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

/** What the command printed as its one JSON document. */
export async function json<Document>(database: string, words: string, ...more: readonly string[]): Promise<Document> {
  const { code, out, err } = await command(database, words, {}, '--json', ...more)
  if (code !== 0 || err !== '') throw new Error(`${words}: ended with ${code}: ${err}`)
  return JSON.parse(out)
}

export interface Listed {
  readonly pos: number
  readonly topic: string
  readonly key: string | null
  readonly reason: string
  readonly revision: number
  readonly [name: string]: unknown
}

/** The dead letters, or the one with the key. */
export async function listDead(database: string): Promise<readonly Listed[]> {
  return (await json<{ messages: Listed[] }>(database, 'dead list')).messages
}

export async function deadOf(database: string, key: string): Promise<Listed> {
  const found = (await listDead(database)).find((one) => one.key === key)
  if (!found) throw new Error(`no dead letter has the key ${key}`)
  return found
}
