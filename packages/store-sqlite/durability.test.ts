/** Which syncs cover which commits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Durability, syncs } from './durability.ts'

/** A log whose syncs end when the test says so. */
function log(): {
  durability: Durability
  done: string[]
  begun: () => number
  end: (error?: Error) => void
  foreign: (version: number) => void
  broken: Error[]
  ask: (name: string) => void
} {
  const running: ((error?: Error) => void)[] = []
  const done: string[] = []
  const broken: Error[] = []
  let begun = 0
  let version = 1
  const syncLog = (then: (error?: Error) => void): void => {
    begun += 1
    running.push(then)
  }
  const durability = syncs(
    syncLog,
    () => version,
    (error) => broken.push(error),
  )
  return {
    durability,
    done,
    broken,
    begun: () => begun,
    end: (error) => running.shift()?.(error),
    foreign: (next) => {
      version = next
    },
    ask: (name) => durability.whenDurable((error) => done.push(error ? `${name} failed` : name)),
  }
}

test('a commit is covered only by a sync that began after it', () => {
  const { durability, ask, end, done, begun } = log()
  durability.committed()
  ask('first')
  durability.committed()
  ask('second')
  durability.committed()
  ask('third')
  assert.equal(begun(), 1)
  end()
  assert.deepEqual(done, ['first'])
  assert.equal(begun(), 2, 'the next sync covers all that came meanwhile')
  end()
  assert.deepEqual(done, ['first', 'second', 'third'])
})

test('what is durable already is told at once and costs nothing', () => {
  const { durability, ask, end, done, begun } = log()
  durability.committed()
  ask('writer')
  end()
  ask('reader')
  assert.deepEqual(done, ['writer', 'reader'])
  assert.equal(begun(), 1)
})

test('a commit that came during a sync is not taken for durable when that ends', () => {
  const { durability, ask, end, done } = log()
  durability.committed()
  ask('first')
  durability.committed()
  end()
  ask('reader of the second')
  assert.deepEqual(done, ['first'])
  end()
  assert.deepEqual(done, ['first', 'reader of the second'])
})

test("another process's commit is synced before it is told, also when it came during a sync", () => {
  const { ask, end, done, foreign } = log()
  ask('opened')
  end()
  foreign(2)
  ask('reads 2')
  foreign(3)
  end()
  ask('reads 3')
  assert.deepEqual(done, ['opened', 'reads 2'])
  end()
  assert.deepEqual(done, ['opened', 'reads 2', 'reads 3'])
})

test('after a failed sync nothing is ever told as durable, and it is said once', () => {
  const { durability, ask, end, done, begun, broken } = log()
  durability.committed()
  ask('first')
  ask('second')
  end(new Error('EIO'))
  ask('third')
  assert.deepEqual(done, ['first failed', 'second failed', 'third failed'])
  assert.equal(broken.length, 1)
  assert.equal(begun(), 1)
})
