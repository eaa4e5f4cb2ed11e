/** Looks for secrets in bytes of any kind: as they are, and in the forms in which they usually travel. */

/** Several of one kind: whoever tells one tells all. */
export interface Secrets {
  readonly kind: string
  readonly values: readonly (string | Buffer)[]
}

export interface Place {
  readonly name: string
  readonly bytes: Buffer
}

/** Every kind that was found, as `kind in place, as form`. */
export function scan(places: readonly Place[], all: readonly Secrets[]): string[] {
  return places.flatMap(({ name, bytes }) =>
    all.flatMap(({ kind, values }) => {
      const found = values.map((value) => formsOf(value).find(({ needle }) => bytes.includes(needle))?.form)
      const forms = found.filter((form) => form !== undefined)
      return forms.length < foundAtLeast(values) ? [] : [`${kind} in ${name}, as ${[...new Set(forms)].join(', ')}`]
    }),
  )
}

/** Six digits may stand anywhere by chance, in a time or an id, but hardly two of one kind in the same place. */
function foundAtLeast(values: Secrets['values']): number {
  return values.every((value) => /^[0-9]{6}$/.test(String(value))) ? 2 : 1
}

interface Form {
  readonly form: string
  readonly needle: Buffer
}

const known = new Map<string | Buffer, readonly Form[]>()

function formsOf(value: string | Buffer): readonly Form[] {
  const made = known.get(value) ?? makeForms(value)
  known.set(value, made)
  return made
}

function makeForms(value: string | Buffer): readonly Form[] {
  const bytes = Buffer.from(value)
  const text = typeof value === 'string' ? value : undefined
  const hex = bytes.toString('hex')
  const texts: readonly (readonly [form: string, text: string])[] = [
    ['hex', hex],
    ['HEX', hex.toUpperCase()],
    ...[0, 1, 2].flatMap((offset) => base64At(bytes, offset)),
    ...(text === undefined ? [] : textForms(text)),
  ]
  return [{ form: 'it is', needle: bytes }, ...texts.map(([form, text]) => ({ form, needle: Buffer.from(text) }))]
}

/** As it stands within longer bytes that were encoded: only the characters that are its own alone. */
function base64At(bytes: Buffer, offset: number): [string, string][] {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const own = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
  const url = own.replaceAll('+', '-').replaceAll('/', '_')
  return [
    ['base64', own],
    ['base64url', url],
  ]
}

function textForms(text: string): [string, string][] {
  const json = JSON.stringify(text).slice(1, -1)
  const ascii = json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return [
    ['JSON', json],
    ['JSON in ASCII', ascii],
    ['JSON in JSON', JSON.stringify(json).slice(1, -1)],
    ['URL', encodeURIComponent(text)],
    ['form', new URLSearchParams({ '': text }).toString().slice(1)],
  ]
}
