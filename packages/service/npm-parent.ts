/** Notices the end of npm, which passes a signal on to its shell only, and the shell to nobody. */

const pollMs = 300

/** Calls back once when this process was run by an npm script and that is gone. */
export function whenNpmEnds(call: () => void): void {
  // Elsewhere a process may well outlive who started it.
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    call()
  }, pollMs)
  timer.unref()
}
