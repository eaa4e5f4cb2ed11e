import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { handOver, type Owner } from './hand-over.ts'

interface Told {
  readonly steps: string[]
  readonly owner: Owner
}

function tell(isOpen = true): Told {
  const steps: string[] = []
  return {
    steps,
    owner: {
      isOpen: () => isOpen,
      giveAway: async () => void steps.push('given away'),
      letGo: () => void steps.push('let go'),
    },
  }
}

const readerWith = (running: number, prove: () => Promise<void> = async () => {}) => {
  return { running, prove, isHeldBack: false, isLost: false }
}

test('a queue of which nothing runs is given away, and nothing of it starts before', async () => {
  const { steps, owner } = tell()
  const reader = readerWith(1)
  const handing = handOver(reader, owner)
  assert.equal(reader.isHeldBack, true)
  assert.deepEqual(steps, [])
  reader.running = 0
  await handing
  assert.deepEqual(steps, ['given away'])
})

test('a queue whose message is slow goes on only when the broker has said that its channel lives', async () => {
  const { steps, owner } = tell()
  const proof = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const handing = handOver(
    readerWith(1, () => {
      asked.resolve()
      return proof.promise
    }),
    owner,
  )
  await asked.promise
  await sleep(50)
  assert.deepEqual(steps, [])
  proof.resolve()
  await handing
  assert.deepEqual(steps, ['let go'])
})

test('a queue whose channel has gone meanwhile does not go on', async () => {
  const { steps, owner } = tell()
  const refused = readerWith(1, () => Promise.reject(new Error('Channel closed')))
  const lost = readerWith(1, async () => {
    lost.isLost = true
  })
  await Promise.all([handOver(refused, owner), handOver(lost, owner)])
  assert.deepEqual(steps, [])
})

test('a queue that is lost, or whose subscription ends, is left to those who hear of it', async () => {
  const { steps, owner } = tell(false)
  await handOver(readerWith(1), owner)
  await handOver({ ...readerWith(0), isLost: true }, { ...owner, isOpen: () => true })
  assert.deepEqual(steps, [])
})
