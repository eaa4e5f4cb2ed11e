/** A parent that is killed: it starts a child, tells its process id, and waits. */
import { startChild } from './process.ts'

const child = startChild(new URL('./member-process.ts', import.meta.url), { patienceMs: 5000 })
await child.call('none').catch(() => {})
process.send?.(child.pid)
