/** Hears from the server that something has changed, and shows whether it still does. */
import { element } from './elements.js'

const words = { live: 'Live', lost: 'Reconnecting' }
/** When the browser has given up. */
const againMs = 3000

/**
 * Calls at each change, and whenever the connection is there again.
 * @param {() => void} changed
 */
export function keepLive(changed) {
  const source = new EventSource('/events')
  source.addEventListener('open', () => {
    tell('live')
    changed()
  })
  source.addEventListener('change', changed)
  source.addEventListener('error', () => {
    tell('lost')
    if (source.readyState !== EventSource.CLOSED) return
    setTimeout(() => keepLive(changed), againMs)
  })
}

/** @param {keyof typeof words} state */
function tell(state) {
  element('live', HTMLElement).dataset.state = state
  element('live-text', HTMLElement).textContent = words[state]
}
