/** A button that puts a text on the clipboard. */
import { make, say } from './elements.js'

/**
 * @param {HTMLElement} shown Its text is what is copied.
 * @returns {HTMLButtonElement}
 */
export function copyButton(shown) {
  const button = make('button', { type: 'button', class: 'quiet' }, 'Copy')
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(shown.textContent ?? '')
      tell('Copied')
    } catch {
      // Not over HTTPS from another machine: the person can, with one more key.
      getSelection()?.selectAllChildren(shown)
      tell('Press Ctrl+C')
    }
  })

  /** @param {string} text */
  function tell(text) {
    button.textContent = text
    say(text)
    setTimeout(() => {
      button.textContent = 'Copy'
    }, 1800)
  }

  return button
}
