/** What the demonstration says: scenes, facts, and the promises that they show. Colours are for terminals only. */
import { styleText } from 'node:util'

export interface Teller {
  /** A new scene. */
  scene(title: string): void
  /** Something that happened. */
  say(text: string): void
  /** Words of another program. */
  quote(text: string): void
  /** A promise that was kept, or else what was found. Without it the demonstration goes on, and fails in the end. */
  promise(kept: boolean, promise: string, found: string): void
  readonly broken: number
}

type Style = Parameters<typeof styleText>[0]

export function createTeller(colours: boolean, write: (line: string) => void = console.log): Teller {
  const style = (how: Style, text: string): string => (colours ? styleText(how, text, { validateStream: false }) : text)
  let scenes = 0
  let broken = 0
  return {
    scene(title) {
      scenes += 1
      write(`\n${style('bold', `${scenes}. ${title}`)}`)
    },
    say: (text) => write(`   ${text}`),
    quote: (text) => write(`     ${style('dim', text)}`),
    promise(kept, promise, found) {
      if (!kept) broken += 1
      write(kept ? `   ${style('green', `✔ ${promise}`)}` : `   ${style('red', `✖ ${promise}: ${found}`)}`)
    },
    get broken() {
      return broken
    },
  }
}
