/** The store keeps every law of stores, on a file, in one process and in several. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { storeConformance } from '@vestnik/conformance'
import { refusingMachine, unsyncedMachine } from './faulty.fixture.ts'
import { openStoreOn } from './store.ts'

const folder = mkdtempSync(join(tmpdir(), 'vestnik-store-laws-'))
const path = join(folder, 'store.db')
after(() => rmSync(folder, { recursive: true }))
const diskFull = 13

storeConformance({
  name: 'store-sqlite',
  open: { module: new URL('./index.ts', import.meta.url).href, export: 'openSqliteStore', argument: path },
  unknownCommits: () => openStoreOn(unsyncedMachine, path),
  failedCommits: () => openStoreOn(refusingMachine(diskFull), path),
})
