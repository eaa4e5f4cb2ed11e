/** The page as a whole: all calls at the side, one of them open. The address says which. */
import { callView } from './call-view.js'
import { chaptersOf } from './calls.js'
import { element, make } from './elements.js'
import { createMemory } from './memory.js'
import { createSession } from './session.js'

const main = element('call', HTMLElement)
const memory = createMemory()
/** @type {import('./call-view.js').CallView | undefined} */
let view
const session = createSession(() => view?.refresh())
/** @type {readonly import('./calls.js').Chapter[]} */
let chapters = []

const calls = () => chapters.flatMap((chapter) => chapter.calls)
const open = () => calls().find(({ id }) => id === location.hash.slice(1)) ?? calls()[0]

function show() {
  const call = open()
  if (call === undefined) return
  view = callView(call, { session, memory })
  main.replaceChildren(...view.nodes)
  document.title = `${call.summary} · Vestnik API`
  for (const link of document.querySelectorAll('#calls a')) {
    const isOpen = link.getAttribute('href') === `#${call.id}`
    if (isOpen) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
    if (isOpen) link.scrollIntoView({ block: 'nearest' })
  }
}

function list() {
  const parts = chapters.flatMap(({ name, about, calls: listed }) => [
    make('h2', { id: `chapter-${name}`, title: about }, name),
    make('ul', { 'aria-labelledby': `chapter-${name}` }, ...listed.map(item)),
  ])
  element('calls', HTMLElement).replaceChildren(...parts)
}

/** @param {import('./calls.js').Call} call */
function item({ id, method, summary }) {
  const badge = make('span', { class: `method ${method.toLowerCase()}` }, method)
  return make('li', {}, make('a', { href: `#${id}` }, badge, ' ', make('span', {}, summary)))
}

/** @param {number} steps */
function move(steps) {
  const at = calls().findIndex(({ id }) => id === open()?.id)
  const next = calls()[at + steps]
  if (next !== undefined) location.hash = next.id
}

/** @param {KeyboardEvent} event */
function onKey({ key, ctrlKey, metaKey, altKey, target }) {
  if (key === 'Enter' && (ctrlKey || metaKey)) return view?.send()
  const isTyping = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement
  if (ctrlKey || metaKey || altKey || isTyping) return
  if (key === 'j') move(1)
  if (key === 'k') move(-1)
}

async function start() {
  try {
    const response = await fetch('/openapi.json')
    chapters = chaptersOf(await response.json())
  } catch {
    main.replaceChildren(make('p', { class: 'loading' }, 'The gateway does not answer. Load the page again.'))
    return
  }
  list()
  show()
  addEventListener('hashchange', () => {
    show()
    main.focus({ preventScroll: true })
    scrollTo(0, 0)
  })
  document.addEventListener('keydown', onKey)
  element('skip', HTMLAnchorElement).addEventListener('click', (event) => {
    // The address names a call, and nothing else.
    event.preventDefault()
    main.focus()
  })
}

void start()
