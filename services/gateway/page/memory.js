/** What earlier calls said that later ones need. It is kept in this page alone, and gone with it. */

/**
 * @typedef {object} Memory
 * @property {(call: import('./calls.js').Call, body: any, status: number, answer: any) => void} learn
 * @property {(call: import('./calls.js').Call, name: string) => string | undefined} parameter
 * @property {(example: any) => any} body The example with what is known instead of what is made up.
 */

/** @returns {Memory} */
export function createMemory() {
  /** @type {Map<string, string>} */
  const fields = new Map()
  /** @type {Map<string, string>} */
  const ids = new Map()

  /**
   * @param {string} name
   * @param {unknown} value
   */
  function keep(name, value) {
    if (typeof value === 'string') fields.set(name, value)
  }

  return {
    learn(call, body, status, answer) {
      if (status >= 300) return
      keep('email', body?.email)
      keep('password', body?.newPassword ?? body?.password)
      keep('refreshToken', answer?.refreshToken)
      const id = answer?.id ?? answer?.items?.[0]?.id
      const things = call.path.split('/').at(-1)
      if (id !== undefined && things !== undefined) ids.set(things, String(id))
    },
    parameter({ path }, name) {
      const things = path.split(`/{${name}}`)[0]?.split('/').at(-1)
      return name === 'id' && things !== undefined ? ids.get(things) : undefined
    },
    body(example) {
      if (typeof example !== 'object' || example === null) return example
      const known = Object.entries(example).map(([name, value]) => [name, fields.get(name) ?? value])
      return Object.fromEntries(known)
    },
  }
}
