/** Starts a node, tells a port of it, and waits to be killed. */
import { privateKafka } from './kafka.ts'

const node = await privateKafka()
process.send?.(node.port)
setInterval(() => {}, 1000)
