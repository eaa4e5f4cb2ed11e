/** The list of messages. Elements stay where they are while others come and go, so that the focus does too. */
import { element, make } from './elements.js'
import { fullTime, shortTime } from './times.js'

/** @typedef {import('./api.js').Listed} Listed */

/** @param {(id: string) => void} read Called when a person asks with Enter to read a message. */
export function listView(read) {
  const list = element('list', HTMLOListElement)
  /** @type {Map<string, ReturnType<typeof makeItem>>} */
  let items = new Map()

  return {
    /**
     * @param {readonly Listed[]} messages
     * @param {string | undefined} shown The id of the one beside the list.
     */
    render(messages, shown) {
      const kept = new Map(messages.map((one) => [one.ID, items.get(one.ID) ?? makeItem(one, read)]))
      for (const [id, { row }] of items) if (!kept.has(id)) row.remove()
      items = kept
      place(
        list,
        [...kept.values()].map(({ row }) => row),
      )
      const now = Date.now()
      for (const message of messages) items.get(message.ID)?.render(message, message.ID === shown, now)
    },
    /** The id of the message whose link has the focus. */
    focused: () => [...items].find(([, { link }]) => link === document.activeElement)?.[0],
    /** @param {string} id */
    focus(id) {
      items.get(id)?.link.focus()
    },
  }
}

/**
 * @param {HTMLElement} list
 * @param {readonly HTMLElement[]} rows
 */
function place(list, rows) {
  let at = list.firstElementChild
  for (const row of rows) {
    if (row === at) at = at.nextElementSibling
    else list.insertBefore(row, at)
  }
}

/**
 * @param {Listed} message
 * @param {(id: string) => void} read
 */
function makeItem({ ID, From, To, Subject, Snippet, Created }, read) {
  const row = document.createElement('li')
  const link = make('a', 'item')
  link.href = `#${ID}`
  const time = make('time', 'when')
  time.dateTime = Created
  time.title = fullTime(Created)
  const subject = make('span', 'subject', Subject || 'No subject')
  const snippet = make('span', 'snippet', Snippet)
  subject.dir = snippet.dir = 'auto'
  const who = make('span', 'who', To.map(({ Address }) => Address).join(', ') || From.Address)
  const fresh = make('span', 'fresh', 'New')
  link.append(who, time, subject, snippet, fresh)
  row.append(link)
  // A click by the keyboard: the message is wanted, not its place in the list.
  link.addEventListener('click', ({ detail }) => {
    if (detail === 0) read(ID)
  })

  return {
    row,
    link,
    /**
     * @param {Listed} message
     * @param {boolean} isShown
     * @param {number} now
     */
    render({ Read }, isShown, now) {
      time.textContent = shortTime(Created, now)
      fresh.hidden = Read
      if (isShown) link.setAttribute('aria-current', 'true')
      else link.removeAttribute('aria-current')
    },
  }
}
