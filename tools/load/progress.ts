/** One line that is written over and over on a terminal; elsewhere nothing, or a line at times. */
import type { WriteStream } from 'node:tty'

export interface Progress {
  show(text: string): void
  /** Clears the line. */
  end(): void
}

/** `everyMs`: where there is no terminal, a line is written at most so often. @default never */
export function openProgress(stream: WriteStream, everyMs?: number): Progress {
  let last = Number.NEGATIVE_INFINITY

  function write(text: string): void {
    if (stream.isTTY) stream.write(`\r\u001b[2K${text}`)
  }

  function showAtTimes(text: string): void {
    if (everyMs === undefined || performance.now() - last < everyMs) return
    last = performance.now()
    stream.write(`${text}\n`)
  }

  return {
    show: (text) => (stream.isTTY ? write(text.slice(0, (stream.columns || 80) - 1)) : showAtTimes(text)),
    end: () => write(''),
  }
}
