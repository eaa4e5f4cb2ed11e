/** What is written at once goes to the system at once: the client alone would ask it to send each frame by itself. */
import type { Duplex } from 'node:stream'

/** Nothing is kept for longer than the turn in which it was written. */
export function bundleWrites(stream: Duplex): void {
  const write: (chunk: unknown) => boolean = stream.write.bind(stream)
  let isOpen = false

  function send(): void {
    isOpen = false
    stream.uncork()
  }

  stream.write = (chunk: unknown): boolean => {
    if (!isOpen) {
      isOpen = true
      stream.cork()
      process.nextTick(send)
    }
    return write(chunk)
  }
}
