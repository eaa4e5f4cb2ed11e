/** Somebody between the mailer and its server: reads along, changes lines, stalls or cuts the connection. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

export interface Middle {
  readonly port: number
  /** All that came from the mailer in the clear, and what it sent encrypted, as it was. */
  readonly fromMailer: () => string
  readonly connections: number
}

export interface MiddleOptions {
  /** Changes what the server says; `undefined`: holds it back for ever. */
  readonly toMailer?: (chunk: Buffer, seen: string) => Buffer | string | undefined
  /** Said to the mailer every 20 ms. */
  readonly drip?: string
}

/** It is stopped after the test. */
export async function startMiddle(t: TestContext, serverPort: number, options: MiddleOptions = {}): Promise<Middle> {
  const { toMailer = (chunk: Buffer) => chunk, drip } = options
  const sockets = new Set<Socket>()
  let heard = ''
  let connections = 0
  const middle = createServer((mailer) => {
    connections += 1
    const server = connect(serverPort, '127.0.0.1')
    let own = ''
    const dripping = drip === undefined ? undefined : setInterval(() => mailer.write(drip), 20)
    for (const socket of [mailer, server]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        clearInterval(dripping)
        mailer.destroy()
        server.destroy()
      })
    }
    mailer.on('data', (chunk) => {
      heard += chunk.toString('latin1')
      own += chunk.toString('latin1')
      server.write(chunk)
    })
    server.on('data', (chunk: Buffer) => {
      const changed = toMailer(chunk, own)
      if (changed !== undefined) mailer.write(changed)
    })
  })
  await new Promise<void>((resolve) => middle.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    middle.close()
  })
  return {
    port: (middle.address() as AddressInfo).port,
    fromMailer: () => heard,
    get connections() {
      return connections
    },
  }
}
