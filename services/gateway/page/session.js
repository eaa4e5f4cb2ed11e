/** The access token: typed, pasted or taken from an answer. It is never stored. */
import { element, say } from './elements.js'

/**
 * @typedef {object} Session
 * @property {() => string} token
 * @property {(token: string) => void} use
 */

/**
 * @param {() => void} changed
 * @returns {Session}
 */
export function createSession(changed) {
  const input = element('token', HTMLInputElement)
  const who = element('who', HTMLElement)
  const forget = element('forget', HTMLButtonElement)

  function show() {
    who.textContent = ownerOf(input.value.trim())
    forget.hidden = input.value === ''
    changed()
  }

  /** @param {string} token */
  function use(token) {
    input.value = token
    show()
    say(token === '' ? 'Signed out' : `Signed in as ${who.textContent}`)
  }

  input.addEventListener('input', show)
  forget.addEventListener('click', () => {
    use('')
    input.focus()
  })
  element('session', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault())
  return { token: () => input.value.trim(), use }
}

/**
 * What the token says of itself; whether that is true is for the services to say.
 * @param {string} token
 */
export function ownerOf(token) {
  if (token === '') return ''
  try {
    const [, claims = ''] = token.split('.')
    const { sub, exp } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')))
    const until = new Date(exp * 1000)
    const time = until.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
    return `user ${sub}, ${until.getTime() < Date.now() ? 'ended' : 'until'} ${time}`
  } catch {
    return 'no token of ours'
  }
}
