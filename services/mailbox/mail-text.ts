/** What a mail says in plain text, for those who do not look at its HTML. */

const snippetLength = 250

/** The beginning of a text on one line, at most 250 characters. */
export function snippetOf(text: string): string {
  const line = text
    .slice(0, 20 * snippetLength)
    .replace(/\s+/g, ' ')
    .trim()
  const characters = [...line]
  return characters.length <= snippetLength ? line : `${characters.slice(0, snippetLength - 1).join('')}…`
}

const hidden: readonly string[] = ['style', 'script', 'head', 'title']
const endsLine = /^\/?(br|p|div|tr|h[1-6]|li)$/

/** The text of HTML, roughly: it is shown as text only, so nothing depends on its being exact. */
export function textOfHtml(html: string): string {
  const [before = '', ...pieces] = html.split('<')
  let text = before
  let within: string | undefined
  for (const piece of pieces) {
    const name = /^\/?[a-z0-9]*/i.exec(piece)?.[0].toLowerCase() ?? ''
    if (within !== undefined && name !== `/${within}`) continue
    within = hidden.find((one) => one === name)
    if (within !== undefined) continue
    const end = piece.indexOf('>')
    text += `${endsLine.test(name) ? '\n' : ''}${end < 0 ? '' : piece.slice(end + 1)}`
  }
  return tidy(text.replace(/&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,6});/gi, (whole, one) => characterOf(one) ?? whole))
}

function tidy(text: string): string {
  return text
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n')
    .trim()
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

function characterOf(name: string): string | undefined {
  if (!name.startsWith('#')) return named[name.toLowerCase()]
  const code = name[1]?.toLowerCase() === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined
}
