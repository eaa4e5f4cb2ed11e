/** When something came, for people. */

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const whole = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'medium' })

/**
 * Short: minutes, then the time of today, then the day.
 * @param {string} iso
 * @param {number} now
 */
export function shortTime(iso, now) {
  const then = new Date(iso)
  const ago = now - then.getTime()
  if (ago < minuteMs) return 'now'
  if (ago < hourMs) return `${Math.floor(ago / minuteMs)} min`
  return then.toDateString() === new Date(now).toDateString() ? clock.format(then) : day.format(then)
}

/** @param {string} iso */
export function fullTime(iso) {
  return whole.format(new Date(iso))
}
