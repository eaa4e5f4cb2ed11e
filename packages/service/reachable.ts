/** Where a program on this machine finds another that listens on a given address. */

/** An address that stands for all of them is no address to connect to: the loopback of its kind takes its place. */
export function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}
