/** One line that is written over and over on a terminal; elsewhere nothing. */
import type { WriteStream } from 'node:tty'

export interface Progress {
  show(text: string): void
  /** Clears the line. */
  end(): void
}

export function openProgress(stream: WriteStream): Progress {
  const write = (text: string): void => {
    if (stream.isTTY) stream.write(`\r\u001b[2K${text}`)
  }
  return { show: (text) => write(text.slice(0, (stream.columns || 80) - 1)), end: () => write('') }
}
