/** RabbitMQ: how soon a message comes after the link is back, against connecting anew with amqplib alone. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Channel, connect } from 'amqplib'
import { openTcpProxy, type TcpProxy } from '../../tools/brokers/tcp-proxy.ts'
import { percentile } from '../../tools/stats.ts'
import { startChild } from '../harness/child.ts'
import { payload } from '../harness/messages.ts'
import { now } from '../harness/program.ts'
import { type Figures, type Row, ratio, type Settings } from '../harness/row.ts'
import { onRabbit, type RabbitPlace } from '../peers/rabbitmq.ts'

const bare = 'a bare reconnect, declare and consume with amqplib'

export const rabbitmqReconnect: Row = {
  name: 'rabbitmq-reconnect',
  title: 'RabbitMQ: from the return of a link that was down for 500 ms to the first delivery',
  sides: (settings) =>
    onRabbit([
      { name: 'ours', title: 'Vestnik, which finds out by itself', run: measure(ours, settings) },
      {
        name: 'bare',
        title: `${bare}, begun when the link is back`,
        packages: ['amqplib'],
        run: measure(raw, settings),
      },
    ]),
  requirements: [{ says: `${bare}, p50`, unit: '×', value: ratio('p50Ms', 'ours', 'bare'), atMost: 2 }],
}

interface Who {
  readonly program: string
  /** Where the message that waits is published. */
  readonly exchange: (name: string) => string
  readonly routingKey: (name: string) => string
}

const ours: Who = { program: 'rabbitmq/reconnect.ts', exchange: (name) => name, routingKey: () => '0' }
const raw: Who = { program: 'rabbitmq/raw-reconnect.ts', exchange: () => '', routingKey: (name) => name }

const downMs = 500
/** What was delivered is acknowledged by then. */
const quietMs = 300

function measure(who: Who, { quick }: Settings) {
  return async ({ url, name }: RabbitPlace): Promise<Figures> => {
    await using proxy = await openTcpProxy(Number(new URL(url).port))
    const connection = await connect(url)
    const channel = await connection.createConfirmChannel()
    await using child = startChild(who.program, { url: through(url, proxy), name })
    await child.next()
    const took: number[] = []
    for (let turn = 0; turn < (quick ? 2 : 12); turn += 1) {
      await cut(proxy, channel, who, name)
      const back = now()
      proxy.refuse(false)
      child.go()
      const { at = Number.NaN } = await child.next()
      took.push(at - back)
    }
    await connection.close()
    return { p50Ms: percentile(took, 50), maxMs: Math.max(...took) }
  }
}

/** Meanwhile one message comes to wait. */
async function cut(proxy: TcpProxy, channel: Channel, { exchange, routingKey }: Who, name: string): Promise<void> {
  await sleep(quietMs)
  proxy.refuse(true)
  proxy.cut()
  channel.publish(exchange(name), routingKey(name), Buffer.from(JSON.stringify(payload(0))), { persistent: true })
  await sleep(downMs)
}

function through(url: string, proxy: TcpProxy): string {
  const address = new URL(url)
  address.hostname = '127.0.0.1'
  address.port = String(proxy.port)
  return address.href
}
