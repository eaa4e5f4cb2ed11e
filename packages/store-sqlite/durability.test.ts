/** Which syncs cover which commits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Durability, syncs } from './durability.ts'

interface Log {
  readonly durability: Durability
  /** Asks to be told when all until now is durable. */
  ask(name: string): void
  /** Commits something of our own, and asks. */
  commit(name: string): void
  /** Who was told, in this order. */
  readonly told: readonly string[]
  /** How many syncs have begun. */
  begun(): number
  /** Ends the sync that began as this one: 1 is the first. */
  end(sync: number, error?: Error): void
  /** Another process commits. */
  foreign(): void
  readonly broken: readonly Error[]
}

/** A log whose syncs end when the test says so. */
function log(lanes: number): Log {
  const running: ((error?: Error) => void)[] = []
  const told: string[] = []
  const broken: Error[] = []
  let version = 1
  const lane = (done: (error?: Error) => void): void => void running.push(done)
  const durability = syncs(
    Array.from({ length: lanes }, () => lane),
    () => version,
    (error) => broken.push(error),
  )
  const ask = (name: string): void => durability.whenDurable((error) => told.push(error ? `${name} failed` : name))
  return {
    durability,
    ask,
    commit(name) {
      durability.committed()
      ask(name)
    },
    told,
    begun: () => running.length,
    end: (sync, error) => running[sync - 1]?.(error),
    foreign: () => {
      version += 1
    },
    broken,
  }
}

test('a commit is covered only by a sync that began after it', () => {
  const { commit, end, told, begun } = log(1)
  commit('first')
  commit('second')
  commit('third')
  assert.equal(begun(), 1)
  end(1)
  assert.deepEqual(told, ['first'])
  assert.equal(begun(), 2, 'the next sync covers all that came meanwhile')
  end(2)
  assert.deepEqual(told, ['first', 'second', 'third'])
})

test('what is durable already is told at once and costs nothing', () => {
  const { commit, ask, end, told, begun } = log(2)
  commit('writer')
  end(1)
  ask('reader')
  assert.deepEqual(told, ['writer', 'reader'])
  assert.equal(begun(), 1)
})

test('a commit that came during a sync is not taken for durable when that ends', () => {
  const { durability, commit, ask, end, told } = log(1)
  commit('first')
  durability.committed()
  end(1)
  ask('reader of the second')
  assert.deepEqual(told, ['first'])
  end(2)
  assert.deepEqual(told, ['first', 'reader of the second'])
})

test("another process's commit is synced before it is told, also when it came during a sync", () => {
  const { ask, end, told, foreign } = log(1)
  ask('opened')
  end(1)
  foreign()
  ask('reads 2')
  foreign()
  end(2)
  ask('reads 3')
  assert.deepEqual(told, ['opened', 'reads 2'])
  end(3)
  assert.deepEqual(told, ['opened', 'reads 2', 'reads 3'])
})

test('as many syncs are in flight as there are lanes, and one that ends covers all that began before it', () => {
  const { commit, end, told, begun } = log(2)
  commit('first')
  commit('second')
  commit('third')
  assert.equal(begun(), 2)
  end(2)
  assert.deepEqual(told, ['first', 'second'])
  assert.equal(begun(), 3)
  end(1)
  assert.deepEqual(told, ['first', 'second'], 'the oldest sync tells nothing of the third')
  end(3)
  assert.deepEqual(told, ['first', 'second', 'third'])
})

test('a lane is used again, however its syncs end', () => {
  const { commit, end, told, begun } = log(2)
  for (let i = 1; i <= 10; i += 1) {
    commit(`odd ${i}`)
    commit(`even ${i}`)
    assert.equal(begun(), 2 * i)
    end(i % 2 ? 2 * i : 2 * i - 1)
    end(i % 2 ? 2 * i - 1 : 2 * i)
  }
  assert.equal(told.length, 20)
})

test('after a failed sync nothing is ever told as durable, and it is said once', () => {
  const { commit, ask, end, told, begun, broken } = log(2)
  commit('first')
  commit('second')
  commit('third')
  end(1, new Error('EIO'))
  end(2)
  ask('fourth')
  assert.deepEqual(told, ['first failed', 'second failed', 'third failed', 'fourth failed'])
  assert.equal(broken.length, 1)
  assert.equal(begun(), 2)
})
