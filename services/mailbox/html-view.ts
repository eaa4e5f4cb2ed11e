/** A mail's HTML for a frame: it runs nothing, loads nothing from elsewhere, and follows the theme if it has no colours. */
import type { Mail } from './mail.ts'

/** Of the answer that carries it. `sandbox` holds even where the page is not the one that shows it. */
export const viewHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups allow-popups-to-escape-sandbox; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
  'referrer-policy': 'no-referrer',
  'x-dns-prefetch-control': 'off',
}

export function htmlView({ message, parts }: Mail): string {
  const html = withoutReaching(message.HTML)
  const inline = message.Inline.filter(({ ContentID }) => ContentID !== '')
  return (
    preface(message.HTML) +
    inline.reduce((text, { ContentID, PartID }) => {
      const part = parts.find((one) => one.PartID === PartID)
      return part ? text.replaceAll(`cid:${ContentID}`, dataUrl(part.ContentType, part.content)) : text
    }, html)
  )
}

/**
 * Elements that reach out where no policy holds them (a preconnect, a refresh), or change what links mean, get a name that
 * means nothing. A tag can begin in one way only, so this finds all of them.
 */
function withoutReaching(html: string): string {
  return html.replace(/<(?=(link|meta|base)\b)/gi, '<x-')
}

/** A mail with colours of its own was made for white paper. */
function preface(html: string): string {
  const scheme = /color|background|<style|<font/i.test(html) ? 'light' : 'light dark'
  const paper = scheme === 'light' ? 'background: #fff; ' : ''
  const style = `:root { color-scheme: ${scheme}; ${paper}font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }`
  return `<!doctype html><base target="_blank"><style>${style} body { margin: 1rem }</style>`
}

function dataUrl(type: string, content: Uint8Array): string {
  const known = /^image\/(png|jpeg|gif|webp)$/.test(type)
  return known ? `data:${type};base64,${Buffer.from(content).toString('base64')}` : ''
}
