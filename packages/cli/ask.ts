/** Asking a person before something is changed. */
import { createInterface } from 'node:readline/promises'

/** Asks on one terminal: yes is `y` or `yes`; anything else, the end of the input and Ctrl-C are no. */
export function askOn(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): (question: string) => Promise<boolean> {
  return async (question) => {
    const lines = createInterface({ input, output })
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
    try {
      const answer = await Promise.race([lines.question(`${question} [y/N] `), ended])
      return /^\s*y(es)?\s*$/i.test(answer)
    } catch {
      return false
    } finally {
      lines.close()
    }
  }
}
