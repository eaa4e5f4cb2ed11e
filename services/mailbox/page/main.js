/** The page as a whole: what is listed and shown, and what keys and clicks do. The address says which message is open. */
import { listMessages, openMessage, removeMessages } from './api.js'
import { copyCode } from './copy.js'
import { element, notice, say } from './elements.js'
import { findCode } from './find-code.js'
import { gathered } from './gathered.js'
import { onKeys } from './keys.js'
import { listView } from './list-view.js'
import { keepLive } from './live.js'
import { codeOf, messageView } from './message-view.js'

const atOnce = 100
/** There the message takes the place of the list. */
const narrow = matchMedia('(width < 48rem)')
const main = element('main', HTMLElement)
const sure = element('sure', HTMLDialogElement)
const list = listView(read)
const view = messageView()

/** @type {import('./api.js').Listing | undefined} */
let listing
/** @type {import('./api.js').Message | undefined} */
let shown
let limit = atOnce
let isStale = true

const update = gathered(async () => {
  try {
    if (isStale) await listAgain()
    await show()
  } catch {
    // The server is away. The page says so, and hears when it is back.
    isStale = true
  }
})

const ids = () => listing?.messages.map(({ ID }) => ID) ?? []

/** What the address names, else the newest where it stands beside the list. */
const wanted = () => location.hash.slice(1) || (narrow.matches ? undefined : ids()[0])

/** @param {string} id */
function open(id) {
  history.replaceState(null, '', id === '' ? location.pathname : `#${id}`)
  return update()
}

function changed() {
  isStale = true
  void update()
}

async function listAgain() {
  const before = listing && new Set(ids())
  isStale = false
  listing = await listMessages(limit)
  if (before !== undefined) tellNew(before)
  // It may be gone: then that shows when it is opened again.
  if (shown !== undefined && !ids().includes(shown.ID)) shown = undefined
}

/** @param {ReadonlySet<string>} before */
function tellNew(before) {
  const messages = listing?.messages ?? []
  const known = messages.findIndex(({ ID }) => before.has(ID))
  const [newest, ...others] = known < 0 ? messages : messages.slice(0, known)
  if (newest === undefined) return
  const first = `New message: ${newest.Subject}, to ${newest.To[0]?.Address ?? 'nobody'}`
  say(others.length === 0 ? first : `${others.length + 1} new messages`)
}

async function show() {
  const id = wanted()
  if (id !== shown?.ID) {
    const opened = id !== undefined && mayBeThere(id) ? await openMessage(id) : undefined
    // The person has gone on meanwhile: the next round shows where to.
    if (id !== wanted()) return
    shown = opened
    if (opened === undefined && location.hash !== '') return leaveMissing()
  }
  render()
}

/**
 * What is not listed may be older than what is.
 * @param {string} id
 */
function mayBeThere(id) {
  return ids().includes(id) || listing === undefined || listing.messages.length < listing.total
}

async function leaveMissing() {
  notice('That message is not there any more')
  history.replaceState(null, '', location.pathname)
  await show()
}

function render() {
  if (listing === undefined) return
  const { total, unread, messages } = listing
  element('count', HTMLElement).textContent = countText(total, unread)
  document.title = unread > 0 ? `(${unread}) Mailbox` : 'Mailbox'
  element('clear', HTMLElement).hidden = total === 0
  element('more', HTMLElement).hidden = messages.length >= total
  element('empty', HTMLElement).hidden = total > 0
  list.render(messages, shown?.ID)
  view.render(shown)
  const before = main.dataset.view
  main.dataset.view = total === 0 ? 'empty' : shown === undefined ? 'list' : 'message'
  if (narrow.matches && before !== main.dataset.view) scrollTo(0, 0)
}

/**
 * @param {number} total
 * @param {number} unread
 */
function countText(total, unread) {
  if (total === 0) return ''
  const count = total === 1 ? '1 message' : `${total.toLocaleString('en')} messages`
  return unread > 0 ? `${count}, ${unread.toLocaleString('en')} new` : count
}

/** @param {number} steps */
function move(steps) {
  const all = ids()
  const at = all.indexOf(list.focused() ?? shown?.ID ?? '')
  const next = all[Math.min(Math.max(at + steps, 0), all.length - 1)]
  if (next === undefined) return
  list.focus(next)
  if (!narrow.matches) void open(next)
}

/** @param {string | undefined} [id] */
async function read(id = shown?.ID) {
  if (id === undefined) return
  location.hash = id
  await update()
  view.focus()
}

async function leave() {
  const left = shown?.ID
  await open('')
  list.focus((narrow.matches ? left : undefined) ?? ids()[0] ?? '')
}

async function removeOne() {
  const id = list.focused() ?? shown?.ID
  if (id === undefined) return
  const wasFocused = list.focused() !== undefined
  const all = ids()
  const next = all[all.indexOf(id) + 1] ?? all[all.indexOf(id) - 1] ?? ''
  await removeMessages([id])
  isStale = true
  await (location.hash === `#${id}` ? open(narrow.matches ? '' : next) : update())
  if (wasFocused) list.focus(next)
  say('Message deleted')
}

async function removeAll() {
  await removeMessages()
  isStale = true
  await open('')
  say('All messages deleted')
}

function copy() {
  if (shown !== undefined) return copyCode(codeOf(shown))
  const focused = list.focused()
  const message = listing?.messages.find(({ ID }) => focused === undefined || ID === focused)
  return copyCode(message && findCode(message.Snippet))
}

function lost() {
  notice('The mailbox does not answer')
}

element('copy', HTMLElement).addEventListener('click', () => void copy())
element('remove', HTMLElement).addEventListener('click', () => removeOne().catch(lost))
element('clear', HTMLElement).addEventListener('click', () => sure.showModal())
sure.addEventListener('close', () => {
  if (sure.returnValue === 'yes') removeAll().catch(lost)
  sure.returnValue = ''
})
element('more', HTMLElement).addEventListener('click', () => {
  limit += 2 * atOnce
  changed()
})
onKeys({
  move,
  read: () => void read(),
  copy: () => void copy(),
  remove: () => removeOne().catch(lost),
  leave: () => void leave(),
})
addEventListener('hashchange', () => void update())
narrow.addEventListener('change', () => void update())
// Minutes pass in the list, too.
setInterval(render, 30_000)
keepLive(changed)
