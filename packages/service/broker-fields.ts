/** The kinds of the broker's variables: what each may be, in words and as a schema. */
import { type Contract, isOneOf } from '@vestnik/bus'
import { z } from 'zod'
import { readBrokerUrl } from './broker-url.ts'
import { brokerUrl, type Field } from './fields.ts'

type Known = readonly Contract[] | undefined

/** Topics that go over another broker, by its URL. */
export interface BrokerRoute {
  /** Names of topics, or beginnings of names with `*` behind. */
  readonly topics: readonly string[]
  readonly url: string
}

export function plainQueuesField(contracts: Known): Field<readonly string[]> {
  const may = contracts?.filter(fitsPlainQueue).map(({ topic }) => topic)
  const which = may === undefined ? 'topics' : `topics of one group without order (${may.join(', ')})`
  return {
    allowed: `${which}, each once, with commas between`,
    schema: z
      .string()
      .transform((found) => listed(found, ','))
      .refine((topics) => areDistinct(topics) && topics.every((topic) => isTopic(topic, may)))
      .default([]),
  }
}

/** A queue hands each message to one of those who read it, in whatever order they end. */
function fitsPlainQueue({ groups }: Contract): boolean {
  return groups.length <= 1 && groups.every(({ order }) => order === 'none')
}

export function topicNamesField(contracts: Known): Field<Readonly<Record<string, string>>> {
  const topics = contracts?.map(({ topic }) => topic)
  const which = topics === undefined ? '' : ` (of ${topics.join(', ')})`
  return {
    allowed: `topics with what others call them${which}, each once and no two alike, with commas between, such as mail.sendCode=mails`,
    schema: z
      .string()
      .transform((found) => listed(found, ',').map((pair) => listed(pair, '=')))
      .refine((pairs) => pairs.every(([topic = '', name = '', ...more]) => isPair(topic, name, more, topics)))
      .refine((pairs) => areDistinct(pairs.map(([topic]) => topic)))
      .transform((pairs): Record<string, string> => Object.fromEntries(pairs))
      .refine((names) => areDistinct([...(topics ?? []).filter((one) => !names[one]), ...Object.values(names)]))
      .default({}),
  }
}

/** Each topic is in one route at most; those that go to one URL are one route. */
export function routesField(contracts: Known): Field<readonly BrokerRoute[]> {
  const topics = contracts?.map(({ topic }) => topic)
  const which = topics === undefined ? '' : ` (of ${topics.join(', ')})`
  return {
    allowed: `topics${which}, or beginnings of topics with * behind, each with a broker's URL and no topic twice, with semicolons between, such as mail.*=kafka://localhost:9092`,
    schema: z
      .string()
      .transform((found) => listed(found, ';').map(toRoute))
      .refine((routes) => routes.every((route) => isRoute(route, topics)))
      .refine((routes) =>
        (topics ?? []).every((topic) => routes.filter((route) => isOneOf(route.topics, topic)).length < 2),
      )
      .refine((routes) => areDistinct(routes.flatMap((route) => route.topics)))
      .transform(joined)
      .default([]),
  }
}

function toRoute(found: string): BrokerRoute {
  const at = found.indexOf('=')
  return { topics: [found.slice(0, Math.max(0, at)).trim()], url: found.slice(at + 1).trim() }
}

function isRoute({ topics: [topic = ''], url }: BrokerRoute, known: readonly string[] | undefined): boolean {
  if (!/^[A-Za-z][A-Za-z0-9._-]{0,118}[A-Za-z0-9._*-]?$/.test(topic)) return false
  return brokerUrl().schema.safeParse(url).success && (known?.some((one) => isOneOf([topic], one)) ?? true)
}

function joined(routes: readonly BrokerRoute[]): BrokerRoute[] {
  const urls = [...new Set(routes.map(({ url }) => url))]
  return urls.map((url) => ({ topics: routes.filter((one) => one.url === url).flatMap(({ topics }) => topics), url }))
}

/** What an existing mail sender calls its brokers: hosts with ports. */
export const kafkaBrokers: Field<string | undefined> = {
  allowed: 'hosts with ports, with commas between, such as localhost:9092',
  schema: z
    .string()
    .transform((found) => listed(found, ',').join(','))
    .refine((found) => !/[@/?#]/.test(found) && readBrokerUrl(`kafka://${found}`) !== undefined)
    .optional(),
}

export const kafkaTopic: Field<string | undefined> = {
  allowed: 'the name of a topic, of at most 249 letters, digits, dots, dashes and underscores',
  schema: z
    .string()
    .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/)
    .optional(),
}

const listed = (found: string, between: string): string[] => found.split(between).map((one) => one.trim())

const areDistinct = (found: readonly unknown[]): boolean => new Set(found).size === found.length

const isTopic = (found: string, known: readonly string[] | undefined): boolean =>
  known === undefined ? /^[A-Za-z][A-Za-z0-9._-]{0,119}$/.test(found) : known.includes(found)

const isPair = (topic: string, name: string, more: readonly string[], topics: readonly string[] | undefined): boolean =>
  isTopic(topic, topics) && /^[!-~]{1,120}$/.test(name) && more.length === 0
