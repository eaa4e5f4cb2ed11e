/** Times for people: how long ago or from now, and the moment itself in UTC. Milliseconds since 1970 go in. */

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** `3 min ago`, `in 12 s`, `now`. */
export function fromNow(at: number, now: number): string {
  const ms = Math.abs(at - now)
  const [name, length] = units.find(([, unit]) => ms >= unit) ?? []
  if (name === undefined) return 'now'
  const text = `${Math.floor(ms / length)} ${name}`
  return at < now ? `${text} ago` : `in ${text}`
}

/** `2026-01-17 15:32:26 UTC`. */
export function moment(at: number): string {
  if (Number.isNaN(new Date(at).getTime())) return `${at} ms`
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `2026-01-17 15:32:26 UTC (3 min ago)`. */
export const momentAndAge = (at: number, now: number): string => `${moment(at)} (${fromNow(at, now)})`
