/** What the page asks its server for. */

/**
 * @typedef {{ Name: string, Address: string }} Person
 * @typedef {{ ID: string, From: Person, To: Person[], Subject: string, Snippet: string, Created: string, Read: boolean }} Listed
 * @typedef {{ PartID: string, FileName: string, ContentType: string, Size: number }} Part
 * @typedef {{ ID: string, From: Person, To: Person[], Cc: Person[], Bcc: Person[], Subject: string, Date: string, Text: string,
 *   HTML: string, Attachments: Part[] }} Message
 * @typedef {{ total: number, unread: number, messages: Listed[] }} Listing
 */

/**
 * @param {number} limit
 * @returns {Promise<Listing>}
 */
export async function listMessages(limit) {
  return (await ask(`/api/v1/messages?limit=${limit}`)).json()
}

/**
 * Undefined: it is not there any more.
 * @param {string} id
 * @returns {Promise<Message | undefined>}
 */
export async function openMessage(id) {
  const answer = await fetch(`/api/v1/message/${encodeURIComponent(id)}`)
  if (answer.status === 404 || answer.status === 400) return undefined
  return checked(answer).json()
}

/**
 * @param {string} id
 * @returns {Promise<string>}
 */
export async function sourceOf(id) {
  return (await ask(`/api/v1/message/${id}/raw`)).text()
}

/**
 * All messages, unless ids are given.
 * @param {string[]} [ids]
 */
export async function removeMessages(ids) {
  const body = JSON.stringify(ids === undefined ? {} : { IDs: ids })
  await ask('/api/v1/messages', { method: 'DELETE', headers: { 'content-type': 'application/json' }, body })
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 */
async function ask(path, init) {
  return checked(await fetch(path, init))
}

/** @param {Response} answer */
function checked(answer) {
  if (!answer.ok) throw new Error(`The mailbox answered ${answer.status}.`)
  return answer
}
