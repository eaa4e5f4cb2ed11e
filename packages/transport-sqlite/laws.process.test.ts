/** The embedded broker keeps every law of transports. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after } from 'node:test'
import { transportConformance } from '@vestnik/conformance'
import { leaseMs } from './laws.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'vestnik-laws-of-sqlite-'))
const path = join(folder, 'broker.db')
let lock: DatabaseSync | undefined

after(() => {
  lock?.close()
  rmSync(folder, { recursive: true })
})

transportConformance({
  name: 'the embedded broker',
  open: { module: new URL('laws.fixture.ts', import.meta.url).href, export: 'openForLaws', argument: path },
  leaseMs,
  // A broker without a server is away while somebody else holds its file.
  outage: {
    async stop() {
      lock = new DatabaseSync(path, { timeout: 1000 })
      lock.exec('begin immediate')
    },
    async start() {
      lock?.close()
      lock = undefined
    },
  },
  async kept(topic) {
    const db = new DatabaseSync(path, { timeout: 1000 })
    try {
      const no = Number(db.prepare('select no from topic where name = ?').get(topic)?.no)
      return Number(db.prepare(`select count(*) as count from log_${no}`).get()?.count)
    } finally {
      db.close()
    }
  },
})
