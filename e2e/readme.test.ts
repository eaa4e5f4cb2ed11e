/** The README's commands of the backend, as they stand there, in a shell, one block after another. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../tools/repository.ts'
import { type System, startSystem } from './system.ts'
import { until } from './until.ts'

const page = readFileSync(join(root, 'README.md'), 'utf8')
const section = /^## The backend in this repository$(.*?)^## /ms.exec(page)?.[1] ?? ''
const [startBlock, ...blocks] = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text)

test("the README's commands do the whole story", { timeout: 60_000 }, async (t) => {
  assert.equal(startBlock, 'npm ci && npm start\n')
  const system = await startSystem(t)
  const shell = openShell(system)
  let mails = 0
  const answers: string[] = []
  for (const block of blocks) {
    // A person waits until the mail is on the page.
    if (block.includes('localhost:8025')) {
      mails += 1
      await until(`${mails} mails have come`, async () => (await system.mailbox.all()).length === mails)
    }
    answers.push(await shell.run(block))
  }
  await shell.end()

  const [signedUp, confirmed, signedIn, found, asked, active, rentals, logins, forgotten, reset] = answers.map(read)
  assert.deepEqual(signedUp, { id: 1, email: 'anna@example.com', name: null, emailConfirmed: false })
  assert.deepEqual([confirmed, signedIn, forgotten, reset], [undefined, undefined, undefined, undefined])
  assert.equal(found.items[0].title, 'Солярис')
  assert.deepEqual([asked.filmId, asked.status], [found.items[0].id, 'awaiting-code'])
  assert.equal(active.status, 'active')
  assert.deepEqual([rentals.items, logins.total], [[active], 1])
  await until('the owner is told of the new password', async () => (await system.mailbox.all()).length === 4)
  await until('the line is printed', () => system.printed().length === 1)
  const like = /^gateway \| (User logged in .*)$/m.exec(section)?.[1] ?? ''
  assert.equal(system.printed()[0]?.replace(/\d{4}-.*Z/, ''), like.replace(/\d{4}-.*Z/, ''))
})

const read = (answer: string) => (answer === '' ? undefined : JSON.parse(answer))

/** One shell for all blocks, so that a variable of one is there in the next. Its curl finds the standard ports elsewhere. */
function openShell({ folder, urls }: System) {
  const ports = [`localhost:3000:${new URL(urls.gateway).host}`, `localhost:8025:${new URL(urls.mailbox).host}`]
  writeFileSync(join(folder, '.curlrc'), ports.map((place) => `connect-to = "${place}"\n`).join(''))
  const { PATH = '' } = process.env
  const shell = spawn('sh', ['-e'], { env: { PATH, CURL_HOME: folder, LC_ALL: 'C' }, stdio: 'pipe' })
  const ended = once(shell, 'close')
  let said = ''
  shell.stdout.setEncoding('utf8').on('data', (some) => (said += some))
  shell.stdin.on('error', () => {})
  return {
    async run(block: string): Promise<string> {
      said = ''
      shell.stdin.write(`${block}\nprintf '\\0'\n`)
      await until(
        'the block has run',
        () => said.endsWith('\0'),
        20_000,
        () => [block, said],
      )
      return said.slice(0, -1)
    },
    async end(): Promise<void> {
      shell.stdin.end()
      const [code] = await ended
      assert.equal(code, 0)
    },
  }
}
