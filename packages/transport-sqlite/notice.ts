/**
 * Wakes the other processes: a small file beside the broker's is touched after each commit, and everybody watches it.
 * (Watching the write-ahead log wakes before the commit can be seen.) A notice may get lost; a slow poll finds what it told.
 */
import { closeSync, constants, type FSWatcher, openSync, watch, writeSync } from 'node:fs'

export interface Notice {
  /** Tells the others. */
  touch(): void
  /** Calls `wake` when somebody, this process perhaps, has touched it. */
  watch(wake: () => void): void
  close(): void
}

const oneByte = Uint8Array.of(46)

export function openNotice(path: string): Notice {
  const descriptor = openSync(`${path}-notice`, constants.O_RDWR | constants.O_CREAT)
  let watcher: FSWatcher | undefined

  return {
    touch() {
      try {
        // Always the same byte: it does not grow, and nothing reads it.
        writeSync(descriptor, oneByte, 0, 1, 0)
      } catch {
        // A full disk, say. The poll finds it.
      }
    },
    watch(wake) {
      if (watcher) return
      try {
        watcher = watch(`${path}-notice`, { persistent: true }, wake)
        watcher.on('error', () => watcher?.close())
      } catch {
        // No watches left on this machine. The poll finds it.
      }
    },
    close() {
      watcher?.close()
      closeSync(descriptor)
    },
  }
}
