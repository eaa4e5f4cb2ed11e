/** Turns: what the server sees is one turn after another, or nothing of it counts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextLoop } from 'node:timers/promises'
import type { Tx } from './store.ts'
import { turnsOf } from './turns.ts'

/** A server that answers when it is told to, in order. */
function server() {
  const sent: string[] = []
  const answers: (() => void)[] = []
  const tx: Tx = {
    query(sql) {
      sent.push(sql)
      return new Promise((resolve, reject) => {
        answers.push(() => (sql.startsWith('broken') ? reject(new Error(sql)) : resolve([])))
      })
    },
  }
  const answer = async (): Promise<void> => {
    answers.shift()?.()
    await nextLoop()
  }
  return { tx, sent, answer }
}

test('a turn may send while those before it wait for answers', async () => {
  const { tx, sent } = server()
  const turns = turnsOf(tx)
  const [first, second] = [turns.next(), turns.next()]
  assert.equal(first.hasSent(), false)
  void first.tx.query('a', [])
  void first.tx.query('b', [])
  assert.equal(first.hasSent(), true)
  assert.equal(second.hasSent(), false)
  await first.sends
  void second.tx.query('c', [])
  assert.deepEqual(sent, ['a', 'b', 'c'])
  assert.deepEqual([turns.cameBack(), turns.overtaken()], [false, false])
})

test('whoever comes back before a later one has sent is served, and it is noted', async () => {
  const { tx, sent, answer } = server()
  const turns = turnsOf(tx)
  const [first, second] = [turns.next(), turns.next()]
  void first.tx.query('a', [])
  await answer()
  void first.tx.query('b', [])
  void second.tx.query('c', [])
  assert.deepEqual(sent, ['a', 'b', 'c'])
  assert.deepEqual([turns.cameBack(), turns.overtaken()], [true, false])
})

test('whoever comes back behind a later one is refused, and nothing of it is sent', async () => {
  const { tx, sent, answer } = server()
  const turns = turnsOf(tx)
  const [first, second] = [turns.next(), turns.next()]
  void first.tx.query('a', [])
  void second.tx.query('b', [])
  await answer()
  await assert.rejects(first.tx.query('c', []), { code: 'TX_LOST' })
  assert.deepEqual(sent, ['a', 'b'])
  assert.equal(turns.overtaken(), true)
})

test('whose statement the server refused is told, and the error comes out', async () => {
  const { tx, answer } = server()
  const failed: string[] = []
  const turns = turnsOf(tx)
  const [first, second] = ['first', 'second'].map((name) => turns.next(() => void failed.push(name)))
  const fine = first?.tx.query('a', [])
  const broken = assert.rejects(async () => second?.tx.query('broken', []), { message: 'broken' })
  await answer()
  await answer()
  await Promise.all([fine, broken])
  assert.deepEqual(failed, ['second'])
})
