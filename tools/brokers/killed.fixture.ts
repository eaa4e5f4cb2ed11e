/** Starts a node, tells its folder, and waits to be killed. */
import { privateRabbit } from './rabbitmq.ts'

const node = await privateRabbit()
const said = await node.control('environment')
process.send?.(/\/[^"'\]]*vestnik-rabbitmq-[^/"'\]]*/.exec(said)?.[0] ?? '')
setInterval(() => {}, 1000)
