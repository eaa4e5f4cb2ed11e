/** What each key does, wherever the focus is. Keys with Ctrl, Alt or Meta stay the browser's. */
import { element } from './elements.js'

/**
 * @typedef {object} Doing
 * @property {(steps: number) => void} move
 * @property {() => void} read
 * @property {() => void} copy
 * @property {() => void} remove
 * @property {() => void} leave
 */

/** @param {Doing} doing */
export function onKeys(doing) {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return
    if (document.querySelector('dialog[open]') !== null) return
    const act = actOf(event, doing)
    if (act === undefined) return
    event.preventDefault()
    act()
  })
}

/**
 * @param {KeyboardEvent} event
 * @param {Doing} doing
 * @returns {(() => void) | undefined}
 */
function actOf({ key, repeat }, { move, read, copy, remove, leave }) {
  const focused = document.activeElement
  // There, arrows scroll, and Enter presses what has the focus.
  const inMessage = element('message', HTMLElement).contains(focused)
  if (key === 'j' || (key === 'ArrowDown' && !inMessage)) return () => move(1)
  if (key === 'k' || (key === 'ArrowUp' && !inMessage)) return () => move(-1)
  if (key === 'Enter' && (focused === null || focused === document.body)) return read
  if (key === 'Escape') return leave
  if (repeat) return undefined
  if (key === 'c') return copy
  if (key === 'Delete' || key === 'Backspace') return remove
  return undefined
}
