import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGate } from './gate.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('shared works run together; one alone waits for them, and those behind it wait for it', async () => {
  const gate = createGate()
  const story: string[] = []
  const work = (name: string) => async () => {
    story.push(`${name} in`)
    await turn()
    story.push(`${name} out`)
  }
  const first = [gate.shared(work('a')), gate.shared(work('b'))]
  const alone = gate.alone(work('solo'))
  const behind = gate.shared(work('c'))
  await Promise.all([...first, alone, behind])
  assert.deepEqual(story, ['a in', 'b in', 'a out', 'b out', 'solo in', 'solo out', 'c in', 'c out'])
})

test('two that want to be alone run one after the other', async () => {
  const gate = createGate()
  let inside = 0
  const work = async () => {
    inside += 1
    assert.equal(inside, 1)
    await turn()
    inside -= 1
  }
  await Promise.all([gate.alone(work), gate.alone(work), gate.shared(work)])
})

test('a work that fails lets the next in', async () => {
  const gate = createGate()
  await assert.rejects(gate.alone(() => Promise.reject(new Error('failed'))))
  await assert.rejects(gate.shared(() => Promise.reject(new Error('failed'))))
  assert.equal(await gate.alone(async () => 'in'), 'in')
})
