/** Keeps other sites' pages out: a browser on this machine can reach the mailbox, and so could any page that it shows. */
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { type Http, Problem } from '@vestnik/service'

/**
 * Refuses a request that came under a name which is not this machine's (421: DNS rebinding), and one that another
 * site's page sent (403). `names` are this machine's, besides addresses and localhost.
 */
export function onlyForItself(http: Http, names: readonly string[]): void {
  http.addHook('onRequest', async ({ headers, raw }) => {
    if (!isOwnName(headers.host, names)) throw new Problem(421, 'The mailbox is not known under this name.')
    if (isFromElsewhere(headers) && !isLink(headers, raw.url)) {
      throw new Problem(403, 'The mailbox answers its own page, not those of others.')
    }
  })
}

/** A page of another site has a name of its own, and keeps it when that leads here; an address leads only to itself. */
function isOwnName(host: string | undefined, names: readonly string[]): boolean {
  if (host === undefined || /[/?#@\\]/.test(host) || !URL.canParse(`http://${host}`)) return false
  const name = new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || names.includes(name)
}

function isFromElsewhere(headers: IncomingHttpHeaders): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  // Not all browsers say the site, but all say the origin of what may change something.
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`
}

/** A link to the page itself may stand anywhere. */
function isLink(headers: IncomingHttpHeaders, path: string | undefined): boolean {
  return path === '/' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
}
