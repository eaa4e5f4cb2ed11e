/** Laws of groups without a store: at least once, retries in memory, dead letters in a topic of their own. */
import assert from 'node:assert/strict'
import { handleWithoutInbox, publishWithoutOutbox, type Transport } from '@vestnik/bus'
import { PublishError } from '@vestnik/bus/errors'
import { type BusLaw, law, ordered } from './bus-law.ts'
import type { Payload } from './bus-payload.ts'

export const storeless: readonly BusLaw[] = [
  law('a group without a store tries again in memory, and goes on in order', ordered, async (bench) => {
    const contract = bench.contract()
    const took: string[] = []
    let left = 2
    const transport = await bench.transport()
    const subscription = await handleWithoutInbox({ service: 'edge', transport }, contract, 'readers', ({ name }) => {
      if (name === 'a1' && left-- > 0) throw new Error('not yet')
      took.push(name)
    })
    for (const name of ['a1', 'a2', 'b1']) {
      await publishWithoutOutbox({ service: 'edge', transport }, contract, { name })
    }
    await bench.until('three', () => new Set(took).size === 3)
    await subscription.drain()
    assert.deepEqual(
      took.filter((name) => name.startsWith('a')),
      ['a1', 'a2'],
    )
  }),

  law(
    'a dead letter of a group without a store is confirmed in its topic before the broker forgets it',
    ordered,
    async (bench) => {
      const contract = bench.contract({ retry: { attempts: 2, firstDelayMs: 10 } })
      const deadTopic = `${contract.topic}.readers.dead`
      const took: string[] = []
      const own = await bench.transport()
      let refusals = 2
      const reluctant: Transport = {
        ...own,
        async publish(messages) {
          const isDead = messages.some(({ topic }) => topic === deadTopic)
          if (isDead && refusals-- > 0) {
            throw new PublishError('not now', { doubtful: messages.map(({ id }) => id), refused: [] })
          }
          return own.publish(messages)
        },
      }
      await handleWithoutInbox({ service: 'edge', transport: reluctant }, contract, 'readers', ({ name }) => {
        if (name === 'a1') throw new TypeError('a1 is no good')
        took.push(name)
      })
      for (const name of ['a1', 'a2'])
        await publishWithoutOutbox({ service: 'edge', transport: own }, contract, { name })
      const letters: {
        readonly id: string
        readonly headers: Readonly<Record<string, string>>
        readonly name: string
      }[] = []
      await own.subscribe({ topic: deadTopic, name: 'dead', concurrency: 1, order: 'none' }, async (message) => {
        const { name } = JSON.parse(new TextDecoder().decode(message.body)) as Payload
        letters.push({ id: message.id, headers: message.headers, name })
      })
      await bench.until('the dead letter', () => letters.length > 0)
      await bench.until('what is behind it', () => took.includes('a2'))
      const [letter] = letters
      assert.equal(letter?.name, 'a1')
      assert.equal(letter?.headers['vestnik-reason'], '2 attempts failed')
      assert.match(letter?.headers['vestnik-error'] ?? '', /TypeError.*a1 is no good/)
      assert.ok(refusals < 0, 'it was refused before')
    },
  ),
]
