/** A log line for a person: level and message first, the rest behind. */

/** Answers anything that is not a JSON log line as it is. */
export function readable(line: string): string {
  const entry = parse(line)
  if (entry === undefined) return line
  const { level, time: _time, service: _service, msg, err, ...facts } = entry
  const words = Object.entries(facts).map(([name, value]) => `${name}=${show(value)}`)
  return [level, msg, ...words, ...errorOf(err)].join(' ')
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{"level":')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** One line: where it came from is in the JSON that a service writes when it runs alone. */
function errorOf(err: unknown): string[] {
  if (typeof err !== 'object' || err === null) return []
  const { type, message, code } = err as Record<string, unknown>
  const name = [type, code].filter((word) => word !== undefined).join(' ')
  return [`(${name}: ${show(message)})`]
}

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
