/** Puts a code on the clipboard. */
import { element, notice, say } from './elements.js'

/** @type {ReturnType<typeof setTimeout> | undefined} */
let fading

/** @param {string | undefined} code */
export async function copyCode(code) {
  if (code === undefined) return notice('This message has no code')
  try {
    await navigator.clipboard.writeText(code)
    showCopied()
  } catch {
    // Not allowed, or not over HTTPS from another machine: the person can, with one more key.
    getSelection()?.selectAllChildren(element('digits', HTMLElement))
    notice('The code is selected: press Ctrl+C')
  }
}

function showCopied() {
  const button = element('copy', HTMLElement)
  button.dataset.state = 'copied'
  element('copy-text', HTMLElement).textContent = 'Copied'
  say('Code copied')
  clearTimeout(fading)
  fading = setTimeout(() => {
    delete button.dataset.state
    element('copy-text', HTMLElement).textContent = 'Copy'
  }, 1800)
}
