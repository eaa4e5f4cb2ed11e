/** One connection, the bytes of a request as they are, and all that is said to them. */
import { connect } from 'node:net'

export interface Said {
  /** Of each answer; one that only says "go on" is none. */
  readonly statuses: readonly number[]
  readonly headers: Readonly<Record<string, string>>
  /** Of the first answer. */
  readonly body: string
  /** Everything, as it came. */
  readonly text: string
}

export interface Way {
  /** The address to come from. @default 127.0.0.1 */
  readonly from?: string
  /** How long nothing more may come before the connection is given up, in milliseconds. @default 250 */
  readonly quietMs?: number
}

/** Waits for the first byte as long as it takes, up to ten seconds, and then until it is closed or quiet. */
export async function say(port: number, bytes: string | Buffer, { from, quietMs = 250 }: Way = {}): Promise<Said> {
  const socket = connect({ port, host: '127.0.0.1', ...(from === undefined ? {} : { localAddress: from }) })
  const chunks: Buffer[] = []
  socket.setTimeout(10_000, () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    socket.setTimeout(quietMs)
  })
  // A server that has answered may hang up on what else is sent.
  socket.on('error', () => {})
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  await new Promise((resolve) => socket.once('close', resolve))
  return read(Buffer.concat(chunks))
}

function read(bytes: Buffer): Said {
  const text = bytes.toString()
  const [head = '', body = ''] = text.replace(/^HTTP\/1\.1 100 .*\r\n\r\n/, '').split(/\r\n\r\n(.*)/s)
  const headers = head.split('\r\n').slice(1)
  return {
    statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)).filter((one) => one > 100),
    headers: Object.fromEntries(
      headers.map((line) => [line.split(':')[0]?.toLowerCase(), line.replace(/^[^:]*: */, '')]),
    ),
    body,
    text,
  }
}
