/** The program of another process with a store on the laws' database. */
import type { Store } from '@vestnik/bus'
import { openJournal } from './journal.ts'
import { type OpenByName, openHere } from './opening.ts'
import { serve } from './process.ts'
import { inDialect, type StoreEntry } from './store-bench.ts'

let opened: { readonly store: Store; note(entry: StoreEntry): void } | undefined

function here() {
  if (!opened) throw new Error('the store is not open yet')
  return opened
}

serve({
  async open(opening: OpenByName, journalPath: string) {
    opened = { store: await openHere<Store>(opening), note: openJournal<StoreEntry>(journalPath).note }
  },

  async increment(table: string, times: number) {
    await Promise.all(Array.from({ length: times }, () => increment(table)))
  },

  async insert(table: string, n: number) {
    const { store } = here()
    await store.transaction((tx) => tx.query(inDialect(`INSERT INTO ${table} (n) VALUES (?)`, store.dialect), [n]))
  },

  flood(table: string) {
    void flood(table)
  },

  stopInside(table: string) {
    void stopInside(table)
  },
})

async function increment(table: string): Promise<void> {
  const { store } = here()
  await store.transaction(async (tx) => {
    const [row] = await tx.query(`SELECT n FROM ${table}${store.dialect === 'postgres' ? ' FOR UPDATE' : ''}`, [])
    await tx.query(inDialect(`UPDATE ${table} SET n = ?`, store.dialect), [Number(row?.n) + 1])
  })
}

async function flood(table: string): Promise<never> {
  const { store, note } = here()
  const insert = inDialect(`INSERT INTO ${table} (n) VALUES (?)`, store.dialect)
  for (let round = 0; ; round += 1) {
    const numbers = Array.from({ length: 20 }, (_, i) => round * 20 + i)
    const works = numbers.map(async (n) => {
      await store.transaction(async (tx) => {
        for (let row = 0; row < 10; row += 1) await tx.query(insert, [n])
      })
      note({ what: 'committed', n })
    })
    await Promise.all(works)
  }
}

async function stopInside(table: string): Promise<void> {
  const { store, note } = here()
  await store.transaction(async (tx) => {
    await tx.query(`UPDATE ${table} SET n = n + 1000`, [])
    note({ what: 'stopping' })
    process.kill(process.pid, 'SIGSTOP')
  })
}
