/** How a service ended by itself: in order, as a start without its database does, or by an error that nobody handled. */

/** Of a line of a service's log: the error that nobody handled. Undefined for any other line. */
export function unhandledIn(line: string): string | undefined {
  if (!line.includes(sentence)) return undefined
  try {
    const { msg, err } = JSON.parse(line)
    return msg === sentence ? `${sentence}: ${err?.message}` : undefined
  } catch {
    return undefined
  }
}

/** What stands in the log of a service that ends so. */
export const sentence = 'stopped by an error that nobody handled'
