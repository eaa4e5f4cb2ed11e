/** One call: what it does, what it takes, a button that sends it, and what came back. */
import { answerView } from './answer-view.js'
import { hintOf } from './calls.js'
import { copyButton } from './copy.js'
import { make, say } from './elements.js'
import { coloured, readJson } from './json-view.js'
import { curlOf, requestOf } from './request.js'

/**
 * @typedef {object} Surroundings
 * @property {import('./session.js').Session} session
 * @property {import('./memory.js').Memory} memory
 *
 * @typedef {object} CallView
 * @property {readonly Node[]} nodes
 * @property {() => void} refresh The token has changed.
 * @property {() => void} send
 */

/**
 * @param {import('./calls.js').Call} call
 * @param {Surroundings} surroundings
 * @returns {CallView}
 */
export function callView(call, { session, memory }) {
  const form = make('form', { class: 'sheet', 'aria-label': 'Request' })
  const command = make('code')
  const answer = make('div', { class: 'answer' }, make('p', { class: 'nothing' }, 'Nothing was sent yet.'))
  const button = make('button', { type: 'submit', class: 'send' }, 'Send ', make('kbd', {}, 'Ctrl ⏎'))
  const inputs = call.parameters.map((parameter) => inputOf(parameter, call, memory))
  const body = call.example === undefined ? undefined : bodyInput(memory.body(call.example))
  let isSending = false

  const current = () => {
    const values = new Map(inputs.map(({ name, input }) => [name, input.value.trim()]))
    return requestOf(call, values, body?.value, session.token())
  }
  const refresh = () => command.replaceChildren(curlOf(current(), location.origin))

  async function send() {
    if (isSending) return
    isSending = true
    button.setAttribute('aria-disabled', 'true')
    const request = current()
    try {
      const came = await exchange(request)
      answer.replaceChildren(...answerView(came))
      take(request, came)
    } catch {
      answer.replaceChildren(make('p', { class: 'outcome' }, make('strong', { class: 'status failed' }, 'No answer')))
      say('The gateway does not answer')
    } finally {
      isSending = false
      button.removeAttribute('aria-disabled')
    }
  }

  /**
   * @param {import('./request.js').Request} request
   * @param {import('./answer-view.js').Answer} came
   */
  function take(request, { status, body: text }) {
    const value = readJson(text)?.value
    memory.learn(call, readJson(request.body ?? '')?.value, status, value)
    const token = /** @type {any} */ (value)?.accessToken
    if (typeof token === 'string') session.use(token)
    if (call.id === 'signOut' && status === 204) session.use('')
  }

  form.append(...inputs.map(({ row }) => row), ...(body ? [bodyRow(body)] : []), make('p', { class: 'do' }, button))
  form.addEventListener('input', refresh)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void send()
  })
  refresh()
  return {
    nodes: [
      make('div', { class: 'asks' }, heading(call), form, possible(call)),
      make(
        'div',
        { class: 'says' },
        make(
          'section',
          { class: 'command', 'aria-labelledby': 'as-command' },
          make('div', { class: 'title' }, make('h3', { id: 'as-command' }, 'As a command'), copyButton(command)),
          make('pre', { class: 'text', tabindex: '0', role: 'region', 'aria-label': 'Command' }, command),
        ),
        make(
          'section',
          { 'aria-labelledby': 'came-back' },
          make('div', { class: 'title' }, make('h3', { id: 'came-back' }, 'Answer')),
          answer,
        ),
      ),
    ],
    refresh,
    send: () => void send(),
  }
}

/** @param {import('./calls.js').Call} call */
function heading({ method, path, summary, description, needsToken }) {
  const made = make(
    'div',
    { class: 'heading' },
    make(
      'p',
      { class: 'route' },
      make('span', { class: `method ${method.toLowerCase()}` }, method),
      make('code', {}, path),
    ),
    make('h2', {}, summary),
  )
  if (description !== '') made.append(make('p', {}, description))
  if (needsToken) made.append(make('p', { class: 'needs' }, 'Needs an access token'))
  return made
}

/**
 * @param {import('./calls.js').Parameter} parameter
 * @param {import('./calls.js').Call} call
 * @param {import('./memory.js').Memory} memory
 */
function inputOf({ name, in: place, required, description = '', schema }, call, memory) {
  const id = `parameter-${name}`
  const hint = [description, hintOf(schema)].filter((words) => words !== '').join(' ')
  const input = make('input', { id, name, autocomplete: 'off', spellcheck: 'false', 'aria-describedby': `${id}-hint` })
  input.value = memory.parameter(call, name) ?? (required ? String(schema.examples?.[0] ?? '') : '')
  input.placeholder = required ? '' : String(schema.default ?? schema.examples?.[0] ?? '')
  if (place === 'header') input.value = freshKey()
  const row = make(
    'p',
    { class: 'row' },
    make('label', { for: id }, name, ...(required ? [] : [make('span', { class: 'optional' }, 'optional')])),
    input,
    make('span', { class: 'hint', id: `${id}-hint` }, hint),
  )
  return { name, input, row }
}

/** @param {unknown} value */
function bodyInput(value) {
  const text = JSON.stringify(value, null, 2)
  const rows = String(Math.max(text.split('\n').length, 3))
  const input = make('textarea', { id: 'body', rows, autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false' })
  input.value = text
  return input
}

/** @param {HTMLTextAreaElement} input */
function bodyRow(input) {
  const hint = make('span', { class: 'hint', role: 'status' })
  input.addEventListener('input', () => {
    hint.textContent = readJson(input.value) === undefined ? 'This is not JSON. It is sent all the same.' : ''
  })
  return make('p', { class: 'row wide' }, make('label', { for: 'body' }, 'Body'), input, hint)
}

/** @param {import('./calls.js').Call} call */
function possible({ answers }) {
  const rows = answers.map(({ status, description, example }) => {
    const row = make('li', {}, make('span', { class: 'code' }, status), make('span', {}, ...marked(description)))
    if (example !== undefined) row.append(exampleView(example))
    return row
  })
  return make(
    'section',
    { class: 'possible', 'aria-labelledby': 'may-answer' },
    make('h3', { id: 'may-answer' }, 'What it may answer'),
    make('ul', {}, ...rows),
  )
}

/** @param {unknown} example */
function exampleView(example) {
  const text = coloured(JSON.stringify(example, null, 2))
  const label = { class: 'text', tabindex: '0', role: 'region', 'aria-label': 'Example of the answer' }
  return make('details', {}, make('summary', {}, 'Example'), make('pre', label, ...text))
}

/**
 * Backticks are code.
 * @param {string} text
 */
function marked(text) {
  return text.split('`').map((part, n) => (n % 2 === 0 ? part : make('code', {}, part)))
}

/** Works without HTTPS as well, where `randomUUID` is not there. */
function freshKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * @param {import('./request.js').Request} request
 * @returns {Promise<import('./answer-view.js').Answer>}
 */
async function exchange({ method, path, headers, body }) {
  const before = performance.now()
  const response = await fetch(path, { method, headers, cache: 'no-store', ...(body === undefined ? {} : { body }) })
  const text = await response.text()
  const ms = performance.now() - before
  const { status, statusText } = response
  return { status, statusText, ms, headers: [...response.headers], body: text }
}
