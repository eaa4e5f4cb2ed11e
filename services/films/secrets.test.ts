/** No code can be read in the database, the messages, the answers or the log. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Store } from '@vestnik/bus'
import { readCodeKeys, readOpenCode } from '@vestnik/codes'
import { readServiceConfig } from '@vestnik/service'
import { pino } from 'pino'
import { tablesIn } from '../../tools/databases/test-store.ts'
import { emailOf, openFilms, wrong } from './films.fixture.ts'

async function allOf(store: Store): Promise<string> {
  let text = ''
  for (const name of await tablesIn(store)) {
    for (const row of await store.read((tx) => tx.query(`SELECT * FROM "${name}"`, []))) {
      for (const value of Object.values(row)) text += `${value instanceof Uint8Array ? decoded(value) : value}\n`
    }
  }
  return text
}

const decoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

test('a code is sealed to the mailer and its digits stand nowhere, before and after it was tried', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'vestnik-films-'))
  t.after(() => rmSync(dataDir, { recursive: true }))
  const environment = { DATA_DIR: dataDir }
  const place = readServiceConfig('films', 3102, environment)
  const { seal } = await readCodeKeys('films', environment, place)
  const openCode = await readOpenCode(environment, place)
  const lines: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  const films = await openFilms(t, { seal, log })
  await films.confirmed(1)

  // Several, as six digits may stand somewhere by chance.
  const digits: string[] = []
  let seen = ''
  for (let filmId = 1; filmId <= 5; filmId += 1) {
    const asked = await films.rent(filmId)
    // While the message waits in the outbox, and when it has left.
    seen += `${await allOf(films.store)}${asked.text}`
    const sealed = await films.lastCode()
    assert.doesNotMatch(sealed, /^[0-9]{6}$/)
    const code = await openCode(sealed, emailOf(1))
    digits.push(code)
    seen += (await films.confirm(asked.body.id, wrong(code))).text
    seen += (await films.confirm(asked.body.id, code)).text
    seen += await allOf(films.store)
  }
  await films.bus.settled()
  const everything = `${seen}${lines.join('')}${JSON.stringify(films.rented)}`
  const found = digits.filter((code) => everything.includes(code))
  assert.ok(found.length <= 1, `${found.length} of ${digits.length} codes stand somewhere`)
})
