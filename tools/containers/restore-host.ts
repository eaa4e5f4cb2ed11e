/** Makes the host again what it was, where the test that started an engine was killed: `node restore-host.ts '<a Host as JSON>'`. */
import { untilNoOther } from './engine.ts'
import { restoreHost } from './host-network.ts'

const [host = ''] = process.argv.slice(2)
await untilNoOther()
restoreHost(JSON.parse(host))
