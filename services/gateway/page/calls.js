/** The calls of an OpenAPI document, as the page shows them. */

/**
 * @typedef {object} Parameter
 * @property {string} name
 * @property {'path' | 'query' | 'header'} in
 * @property {boolean} required
 * @property {string} [description]
 * @property {any} schema
 *
 * @typedef {object} PossibleAnswer
 * @property {string} status
 * @property {string} description
 * @property {unknown} [example]
 *
 * @typedef {object} Call
 * @property {string} id
 * @property {string} method
 * @property {string} path
 * @property {string} summary
 * @property {string} description
 * @property {boolean} needsToken
 * @property {readonly Parameter[]} parameters
 * @property {any} example Of its body; undefined where it takes none.
 * @property {readonly PossibleAnswer[]} answers
 *
 * @typedef {object} Chapter
 * @property {string} name
 * @property {string} about
 * @property {readonly Call[]} calls
 */

/**
 * @param {any} document
 * @returns {readonly Chapter[]}
 */
export function chaptersOf(document) {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(/** @type {Record<string, any>} */ (methods)).map(([method, operation]) => ({
      tag: operation.tags[0],
      call: callOf(path, method, operation, document),
    })),
  )
  return document.tags.map((/** @type {any} */ { name, description }) => ({
    name,
    about: description,
    calls: all.filter(({ tag }) => tag === name).map(({ call }) => call),
  }))
}

/**
 * @param {string} path
 * @param {string} method
 * @param {any} operation
 * @param {any} document
 * @returns {Call}
 */
function callOf(path, method, operation, document) {
  const { operationId, summary, description = '', security, parameters, requestBody, responses } = operation
  return {
    id: operationId,
    method: method.toUpperCase(),
    path,
    summary,
    description,
    needsToken: security.length > 0,
    parameters,
    example: requestBody?.content['application/json'].example,
    answers: Object.entries(responses).map(([status, response]) => answerOf(status, response, document)),
  }
}

/**
 * @param {string} status
 * @param {any} response
 * @param {any} document
 * @returns {PossibleAnswer}
 */
function answerOf(status, response, document) {
  const name = response.$ref?.split('/').at(-1)
  const { description, content } = name === undefined ? response : document.components.responses[name]
  return {
    status: status === 'default' ? 'other' : status,
    description,
    example: content?.['application/json']?.example,
  }
}

/**
 * What may stand in a parameter, in a few words.
 * @param {any} schema
 */
export function hintOf({ type, minimum, maximum, maxLength, default: standard }) {
  const words = []
  if (type === 'integer')
    words.push(maximum === undefined ? 'a whole number' : `${minimum} to ${maximum.toLocaleString('en')}`)
  if (maxLength !== undefined) words.push(`at most ${maxLength} characters`)
  if (standard !== undefined) words.push(`${standard} unless given`)
  return words.join(', ')
}
