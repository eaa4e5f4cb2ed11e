/** Limits how many connections a source holds open at once: one that asks nothing is counted by no limit of requests. */
import { BlockList, isIP, type Server, type Socket } from 'node:net'
import { sourceOf } from './rate-limit.ts'

/** Connections beyond `most` are closed at once. A proxy that is `trusted` brings those of all its clients: it has no limit. */
export function limitConnections(server: Server, most: number, trusted: readonly string[] = []): void {
  const proxies = listOf(trusted)
  const open = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const { remoteAddress = '' } = socket
    if (isIP(remoteAddress) !== 0 && proxies.check(remoteAddress, isIP(remoteAddress) === 4 ? 'ipv4' : 'ipv6')) return
    const source = sourceOf(remoteAddress)
    const before = open.get(source) ?? 0
    if (before >= most) return void socket.destroy()
    open.set(source, before + 1)
    socket.once('close', () => {
      const left = (open.get(source) ?? 1) - 1
      if (left === 0) open.delete(source)
      else open.set(source, left)
    })
  })
}

function listOf(addresses: readonly string[]): BlockList {
  const list = new BlockList()
  for (const one of addresses) {
    const [address = '', bits] = one.split('/')
    const kind = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, kind)
    else list.addSubnet(address, Number(bits), kind)
  }
  return list
}
