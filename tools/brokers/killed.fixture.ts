/** Starts a node, tells where it answers and its folder, which is nobody's business in a container, and waits to be killed. */
import { privateRabbit } from './rabbitmq.ts'

const node = await privateRabbit()
const said = await node.control('environment')
process.send?.({ url: node.url, folder: /\/[^"'\]]*vestnik-rabbitmq-[^/"'\]]*/.exec(said)?.[0] })
setInterval(() => {}, 1000)
