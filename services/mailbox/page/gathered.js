/** Work that is asked for often and done once at a time. */

/**
 * A call while the work runs makes it run once more when it has ended. Resolves when nothing is left to do.
 * @param {() => Promise<void>} work
 * @returns {() => Promise<void>}
 */
export function gathered(work) {
  let asked = false
  /** @type {Promise<void> | undefined} */
  let running

  async function run() {
    try {
      while (asked) {
        asked = false
        await work()
      }
    } finally {
      running = undefined
    }
  }

  return () => {
    asked = true
    running ??= run()
    return running
  }
}
