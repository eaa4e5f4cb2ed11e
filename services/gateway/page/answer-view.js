/** What came back: status, time, size, headers, body. */
import { make, say } from './elements.js'
import { coloured, readJson } from './json-view.js'

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {string} statusText
 * @property {number} ms
 * @property {readonly (readonly [name: string, value: string])[]} headers
 * @property {string} body
 */

/**
 * @param {Answer} answer
 * @returns {readonly Node[]}
 */
export function answerView({ status, statusText, ms, headers, body }) {
  const kind = status < 300 ? 'good' : status < 500 ? 'refused' : 'failed'
  const words = `${status} ${statusText}`.trim()
  const size = new TextEncoder().encode(body).length
  say(`${words}, after ${Math.round(ms)} milliseconds`)
  return [
    make(
      'p',
      { class: 'outcome' },
      make('strong', { class: `status ${kind}` }, words),
      make('span', {}, `${Math.round(ms)} ms`),
      make('span', {}, size === 1 ? '1 byte' : `${size.toLocaleString('en')} bytes`),
    ),
    bodyView(body),
    headersView(headers),
  ]
}

/** @param {string} body */
function bodyView(body) {
  if (body === '') return make('p', { class: 'nothing' }, 'No body')
  const json = readJson(body)
  const inside = json === undefined ? [body] : coloured(json.pretty)
  return make('pre', { class: 'text', tabindex: '0', role: 'region', 'aria-label': 'Body of the answer' }, ...inside)
}

/** @param {Answer['headers']} headers */
function headersView(headers) {
  const rows = headers.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value)))
  return make(
    'details',
    {},
    make('summary', {}, `${headers.length} headers`),
    make('dl', { class: 'headers' }, ...rows),
  )
}
