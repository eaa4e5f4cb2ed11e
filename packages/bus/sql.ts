/** Plain SQL for two dialects: a template becomes a text with the dialect's placeholders, and its values. */
import type { Dialect, SqlValue } from './store.ts'

/** What `tx.query` takes: `tx.query(...sql`SELECT … WHERE id = ${id}`)`. */
export type Statement = readonly [text: string, values: readonly SqlValue[]]

export interface Sql {
  (strings: TemplateStringsArray, ...values: readonly SqlValue[]): Statement
  /** For the few statements that the dialects write differently. */
  readonly dialect: Dialect
}

/**
 * A template tag for the dialect: `?` in order for sqlite, `$1 …` for postgres. Each text is made once. What PostgreSQL
 * cannot hold in a text is bound as it can: a peer's key with a NUL must not keep its message from being handled.
 */
export function sqlFor(dialect: Dialect): Sql {
  const texts = new WeakMap<TemplateStringsArray, string>()
  const tag = (strings: TemplateStringsArray, ...values: readonly SqlValue[]): Statement => {
    let text = texts.get(strings)
    if (text === undefined) {
      text = strings.reduce((before, part, i) => before + (dialect === 'sqlite' ? '?' : `$${i}`) + part)
      texts.set(strings, text)
    }
    return [text, dialect === 'sqlite' ? values : values.map(storable)]
  }
  return Object.assign(tag, { dialect })
}

/** As PostgreSQL writes an array of texts, and takes one of any type. */
export const arrayOfTexts = (texts: readonly (string | null)[]): string =>
  `{${texts.map((text) => (text === null ? 'NULL' : `"${text.replaceAll(/["\\]/g, '\\$&')}"`)).join(',')}}`

const storable = (value: SqlValue): SqlValue =>
  typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())
    ? value.toWellFormed().replaceAll('\0', '\u2400')
    : value
