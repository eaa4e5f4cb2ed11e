/** Plain SQL for two dialects: a template becomes a text with the dialect's placeholders, and its values. */
import type { Dialect, SqlValue } from './store.ts'

/** What `tx.query` takes: `tx.query(...sql`SELECT … WHERE id = ${id}`)`. */
export type Statement = readonly [text: string, values: readonly SqlValue[]]
export type Sql = (strings: TemplateStringsArray, ...values: readonly SqlValue[]) => Statement

/** A template tag for the dialect: `?` in order for sqlite, `$1 …` for postgres. Each text is made once. */
export function sqlFor(dialect: Dialect): Sql {
  const texts = new WeakMap<TemplateStringsArray, string>()
  return (strings, ...values) => {
    let text = texts.get(strings)
    if (text === undefined) {
      text = strings.reduce((before, part, i) => before + (dialect === 'sqlite' ? '?' : `$${i}`) + part)
      texts.set(strings, text)
    }
    return [text, values]
  }
}
