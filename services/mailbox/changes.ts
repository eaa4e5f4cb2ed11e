/** Tells open pages that something has changed, as server-sent events: never what. */
import { PassThrough, type Readable } from 'node:stream'

export interface Changes {
  /** One page's events, or undefined when there are too many pages. */
  stream(): Readable | undefined
  /** To be called after a change. */
  tell(): void
  close(): void
}

const maxPages = 64
/** Many changes at once are told as one. */
const gatherMs = 50
/** So that a page that has gone is noticed, and one that is there knows that it is connected. */
const beatMs = 15_000

export function createChanges(): Changes {
  const pages = new Set<PassThrough>()
  let gathering: NodeJS.Timeout | undefined
  const write = (text: string): void => {
    for (const page of pages) {
      // One that does not read any more comes again when it does, and looks anew.
      if (page.writableNeedDrain) page.destroy()
      else page.write(text)
    }
  }
  const beat = setInterval(() => write(': still here\n\n'), beatMs).unref()

  return {
    stream() {
      if (pages.size >= maxPages) return undefined
      const page = new PassThrough()
      pages.add(page)
      page.once('close', () => pages.delete(page))
      page.write('retry: 1000\n\n')
      return page
    },
    tell() {
      gathering ??= setTimeout(() => {
        gathering = undefined
        write('event: change\ndata: \n\n')
      }, gatherMs).unref()
    },
    close() {
      clearInterval(beat)
      clearTimeout(gathering)
      for (const page of pages) page.end()
    },
  }
}
