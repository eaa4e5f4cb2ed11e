/** The open message: who, when, its code in large digits, and its body as text, as HTML in a closed frame, or as it came. */
import { sourceOf } from './api.js'
import { element, make } from './elements.js'
import { findCode } from './find-code.js'
import { fullTime } from './times.js'

/** @typedef {import('./api.js').Message} Message */
/** @typedef {import('./api.js').Person} Person */

/** More would keep the browser busy, and nobody reads it. */
const longestText = 200_000

export function messageView() {
  const body = element('body', HTMLElement)
  const buttons = [...document.querySelectorAll('.views button')].filter((one) => one instanceof HTMLButtonElement)
  /** @type {Message | undefined} */
  let shown
  let way = 'text'

  for (const button of buttons) {
    button.addEventListener('click', () => {
      way = button.dataset.way ?? 'text'
      renderBody()
    })
  }

  function renderBody() {
    if (shown === undefined) return
    const used = way === 'html' && shown.HTML === '' ? 'text' : way
    for (const button of buttons) {
      button.setAttribute('aria-pressed', String(button.dataset.way === used))
      button.disabled = button.dataset.way === 'html' && shown.HTML === ''
    }
    if (used === 'html') body.replaceChildren(makeFrame(shown))
    else if (used === 'text') body.replaceChildren(makeText(shown.Text))
    else void renderSource(shown)
  }

  /** @param {Message} message */
  async function renderSource(message) {
    const source = await sourceOf(message.ID).catch(() => '')
    if (shown === message && way === 'source') body.replaceChildren(makeText(source, 'source'))
  }

  return {
    /** @param {Message | undefined} message */
    render(message) {
      if (message === shown) return
      shown = message
      element('message', HTMLElement).hidden = message === undefined
      if (message === undefined) return body.replaceChildren()
      renderHead(message)
      renderCode(codeOf(message))
      renderBody()
      renderParts(message)
      element('message', HTMLElement).scrollTop = 0
    },
    focus: () => element('subject', HTMLElement).focus(),
  }
}

/** @param {Message} message */
export function codeOf({ Text, Subject }) {
  return findCode(Text.slice(0, longestText)) ?? findCode(Subject)
}

/** @param {Message} message */
function renderHead({ Subject, From, To, Cc, Bcc, Date: sent }) {
  element('subject', HTMLElement).textContent = Subject || 'No subject'
  element('from', HTMLElement).textContent = nameOf(From)
  element('to', HTMLElement).textContent = [...To, ...Cc, ...Bcc].map(nameOf).join(', ') || 'nobody'
  const time = element('sent', HTMLTimeElement)
  time.dateTime = sent
  time.textContent = fullTime(sent)
}

/** @param {Person} person */
const nameOf = ({ Name, Address }) => (Name === '' ? Address : `${Name} <${Address}>`)

/**
 * In two groups, as people read digits aloud.
 * @param {string | undefined} code
 */
function renderCode(code) {
  element('code', HTMLElement).hidden = code === undefined
  const digits = [code?.slice(0, 3), code?.slice(3)].map((group) => make('span', '', group))
  element('digits', HTMLElement).replaceChildren(...digits)
}

/** @param {Message} message */
function renderParts({ ID, Attachments }) {
  const list = element('parts', HTMLElement)
  list.hidden = Attachments.length === 0
  const rows = Attachments.map(({ PartID, FileName, ContentType, Size }) => {
    const row = document.createElement('li')
    const link = make('a', 'attached', FileName || ContentType)
    link.href = `/api/v1/message/${ID}/part/${PartID}`
    row.append(link, make('span', 'size', `${ContentType}, ${sizeText(Size)}`))
    return row
  })
  list.replaceChildren(...rows)
}

/** @param {number} bytes */
function sizeText(bytes) {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${bytes} bytes`
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/**
 * @param {string} text
 * @param {string} [className]
 */
function makeText(text, className = '') {
  const rest = text.length - longestText
  const more = rest > 0 ? `\n\n… and ${rest.toLocaleString('en')} characters more` : ''
  const made = make('pre', className, text.trim() === '' ? '(empty)' : text.slice(0, longestText) + more)
  made.dir = 'auto'
  return made
}

/**
 * Without scripts and without the page's origin: what a mail says can look at nothing here.
 * @param {Message} message
 */
function makeFrame({ ID }) {
  const frame = document.createElement('iframe')
  frame.setAttribute('sandbox', 'allow-popups allow-popups-to-escape-sandbox')
  frame.title = 'The message as HTML'
  frame.src = `/view/${ID}`
  return frame
}
