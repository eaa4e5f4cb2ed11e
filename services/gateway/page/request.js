/** A request as it is sent, and as a command that sends it. */

/**
 * @typedef {object} Request
 * @property {string} method
 * @property {string} path With its parameters and its query.
 * @property {Readonly<Record<string, string>>} headers
 * @property {string | undefined} body
 */

/**
 * Parameters that are empty are left out, but those of the path.
 * @param {import('./calls.js').Call} call
 * @param {ReadonlyMap<string, string>} values By the names of the parameters.
 * @param {string | undefined} body
 * @param {string} token
 * @returns {Request}
 */
export function requestOf(call, values, body, token) {
  const query = new URLSearchParams()
  /** @type {Record<string, string>} */
  const headers = {}
  let { path } = call
  for (const { name, in: place } of call.parameters) {
    const value = values.get(name) ?? ''
    if (place === 'path') path = path.replace(`{${name}}`, encodeURIComponent(value))
    else if (value !== '' && place === 'query') query.set(name, value)
    else if (value !== '') headers[name.toLowerCase()] = value
  }
  if (call.needsToken && token !== '') headers.authorization = `Bearer ${token}`
  if (body !== undefined) headers['content-type'] = 'application/json'
  return { method: call.method, path: query.size > 0 ? `${path}?${query}` : path, headers, body }
}

/**
 * For a POSIX shell.
 * @param {Request} request
 * @param {string} origin
 */
export function curlOf({ method, path, headers, body }, origin) {
  const parts = [`curl ${quoted(origin + path)}`]
  if (method !== 'GET' && !(method === 'POST' && body !== undefined)) parts.push(`-X ${method}`)
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quoted(`${name}: ${value}`)}`)
  if (body !== undefined) parts.push(`-d ${quoted(compact(body))}`)
  return parts.join(' \\\n  ')
}

/** @param {string} text */
function quoted(text) {
  return /^[\w:/.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/**
 * On one line where it is JSON.
 * @param {string} body
 */
function compact(body) {
  try {
    return JSON.stringify(JSON.parse(body))
  } catch {
    return body
  }
}
