/** JSON in colours. */
import { make } from './elements.js'

const tokens = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Beyond that, colours cost more than they help. */
const most = 200_000

/**
 * @param {string} text Pretty-printed.
 * @returns {readonly (Node | string)[]}
 */
export function coloured(text) {
  if (text.length > most) return [text]
  /** @type {(Node | string)[]} */
  const parts = []
  let at = 0
  for (const found of text.matchAll(tokens)) {
    const [token, string, colon] = found
    parts.push(text.slice(at, found.index))
    const kind = string === undefined ? 'literal' : colon === undefined ? 'string' : 'name'
    parts.push(make('span', { class: kind }, string ?? token), colon ?? '')
    at = found.index + token.length
  }
  return [...parts, text.slice(at)]
}

/**
 * @param {string} text
 * @returns {{ value: unknown, pretty: string } | undefined}
 */
export function readJson(text) {
  try {
    const value = JSON.parse(text)
    return { value, pretty: JSON.stringify(value, null, 2) }
  } catch {
    return undefined
  }
}
