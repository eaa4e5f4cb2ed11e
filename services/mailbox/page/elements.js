/** The page's own elements, new ones, and words for those who listen to it. */

/**
 * The element of this id. A page without it is broken, and says so.
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function element(id, kind) {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} ${id}`)
  return found
}

/**
 * A new element with a class and a text: what a mail says is never taken for markup.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {string} className
 * @param {string} [text]
 */
export function make(name, className, text = '') {
  const made = document.createElement(name)
  if (className !== '') made.className = className
  made.textContent = text
  return made
}

/**
 * For screen readers.
 * @param {string} text
 */
export function say(text) {
  element('spoken', HTMLElement).textContent = text
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let fading

/**
 * A short notice, seen and spoken.
 * @param {string} text
 */
export function notice(text) {
  const toast = element('toast', HTMLElement)
  toast.textContent = text
  toast.hidden = false
  say(text)
  clearTimeout(fading)
  fading = setTimeout(() => {
    toast.hidden = true
  }, 2500)
}
