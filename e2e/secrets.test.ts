/** After the story no secret is in any file, log line, trace or answer but where it belongs: the mailbox, and the folder of keys. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { secretsOf } from './secrets/own-secrets.ts'
import { type Place, type Secrets, scan } from './secrets/scan.ts'
import { startWatched } from './secrets/watched-system.ts'
import { type StorySecrets, tellStory } from './tell-story.ts'

const mailPassword = 'пароль & of the mail server'
const people = ['anna@example.org', 'boris@example.org', 'vera@example.org']

test('no code, password, token or key is where it does not belong, and the scan would find each', {
  timeout: 110_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-secrets-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const system = await startWatched(t, folder, mailPassword)
  const data = join(folder, 'data')

  const stories = await Promise.all(people.map((email) => tellStory(system, email)))
  const answers = [...(await provoke(system.url, stories)), ...(await figures(system.urls))]
  // Each finds then what it left half done, and misses the others.
  for (const service of ['mailer', 'users', 'films', 'gateway']) system.kill(service)
  const running = filesIn(data)
  await system.ready()
  await system.stop()

  const secrets = secretsOf(stories, mailPassword, join(data, 'keys'))
  const told: readonly Place[] = [
    { name: 'the logs', bytes: system.logs() },
    { name: 'the traces', bytes: system.traces() },
    { name: 'the answers', bytes: Buffer.from(answers.join('\n')) },
  ]
  assert.ok(told.every(({ bytes }) => bytes.length > 1000))
  assert.ok(running.length >= 5 && secrets.length >= 12)
  assert.ok(secrets.every(({ values }) => values.length > 0 && values.every((value) => value.length > 0)))
  t.diagnostic(`${secrets.length} kinds of secrets, ${running.length} files`)
  assert.deepEqual(scan([...running, ...filesIn(data), ...told], secrets), [])

  const inMailbox = readdirSync(data).filter((file) => file.startsWith('mailbox'))
  const mailbox = inMailbox.map((name) => ({ name, bytes: readFileSync(join(data, name)) }))
  const codes = secrets.filter(({ kind }) => kind.startsWith('code'))
  assert.equal(new Set(scan(mailbox, codes).map((one) => one.split(' in ')[0])).size, 3, 'the codes were mailed')

  for (const one of secrets) assertFound(data, one)
})

/** All of the data folder, but what is meant to hold secrets. */
function filesIn(data: string): Place[] {
  return readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/^(mailbox\.db|keys\/)/.test(relative(data, path)))
    .map((path) => ({ name: relative(data, path), bytes: readFileSync(path) }))
}

/** Requests that nobody can use, with secrets where they do not belong; what they are answered. */
async function provoke(url: string, stories: readonly StorySecrets[]): Promise<readonly string[]> {
  const answers: string[] = []
  for (const { passwords, tokens, codes } of stories) {
    for (const secret of [...passwords.slice(1), ...tokens.slice(0, 2), ...Object.values(codes)]) {
      const bodies = [{ email: secret, password: secret }, [secret], { code: [secret] }, secret]
      for (const body of [...bodies.map((one) => JSON.stringify(one)), `{"password":"${secret}`]) {
        for (const path of ['/sessions', '/users', '/password-resets/confirm', '/rentals/1/confirmation']) {
          answers.push(await post(`${url}${path}`, body))
        }
      }
      // An unknown field is named to whoever sent it, and to nobody else.
      await post(`${url}/sessions`, JSON.stringify({ [secret]: secret }))
      const inPath = encodeURIComponent(secret)
      for (const path of [
        `/films/${inPath}`,
        `/logins?access_token=${inPath}`,
        `/films?query=${inPath}x`,
        `/${inPath}`,
      ]) {
        answers.push(await get(`${url}${path}`, `Bearer ${inPath}`))
      }
    }
  }
  return answers
}

/** What operators and their programs get to see. */
async function figures(urls: readonly string[]): Promise<readonly string[]> {
  const pages = urls.flatMap((url) => ['metrics', 'readyz'].map((page) => `${url}/${page}`))
  return await Promise.all(pages.map((page) => get(page, '')))
}

async function get(url: string, authorization: string): Promise<string> {
  return await textOf(await fetch(url, { headers: { authorization } }))
}

async function post(url: string, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': body.slice(0, 60).replace(/[^!-~]/g, '-') }
  return await textOf(await fetch(url, { method: 'POST', headers, body }))
}

async function textOf(answer: Response): Promise<string> {
  return `${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`
}

/** Told in a row of a database, in a file, and in a line, it is found each time. */
function assertFound(data: string, { kind, values }: Secrets): void {
  const some = values.slice(0, 2)
  const file = join(data, 'planted.txt')
  writeFileSync(file, some.map((value) => JSON.stringify(String(value))).join())
  using database = new DatabaseSync(join(data, 'planted.db'))
  database.exec('DROP TABLE IF EXISTS planted; CREATE TABLE planted (value)')
  for (const value of some) database.prepare('INSERT INTO planted VALUES (?)').run(value)
  const line = `POST /sessions {"value":"${some.map((value) => Buffer.from(value).toString('base64')).join(' ')}"}`
  const places = [...filesIn(data), { name: 'a line', bytes: Buffer.from(line) }]
  const found = scan(places, [{ kind, values }]).map((one) => one.slice(kind.length + 4).replace(/,.*/, ''))
  assert.deepEqual(found.toSorted(), ['a line', 'planted.db', 'planted.txt'], kind)
  rmSync(file)
}
