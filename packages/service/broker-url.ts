/** What a broker's URL says, whichever broker it is: Kafka's names several hosts, which no other URL does. */

export interface BrokerUrl {
  readonly scheme: string
  readonly username: string
  /** None where the broker is a file. */
  readonly hosts: readonly string[]
}

/** Undefined for what is none, or has parameters that no broker knows. */
export function readBrokerUrl(url: string): BrokerUrl | undefined {
  if (/^sqlite:./s.test(url)) return { scheme: 'sqlite', username: '', hosts: [] }
  const several = /^(kafkas?:\/\/(?:[^@/?#]*@)?)([^@/?#]+)(\/?(?:\?ca=[^&#]+)?)$/.exec(url)
  if (several === null) return oneHost(url, false)
  const [, before, hosts = '', behind] = several
  const each = hosts.split(',').map((host) => oneHost(`${before}${host}${behind}`, true))
  const found = each.filter((one) => one !== undefined)
  const [first] = found
  if (first === undefined || found.length < each.length) return undefined
  return { ...first, hosts: found.flatMap((one) => one.hosts) }
}

function oneHost(url: string, withParameters: boolean): BrokerUrl | undefined {
  const found = URL.parse(url)
  if (found === null || found.hostname === '' || found.hash !== '') return undefined
  if (found.search !== '' && !withParameters) return undefined
  return { scheme: found.protocol.slice(0, -1), username: unescaped(found.username), hosts: [found.hostname] }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
