import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { type ContractOptions, contract, type PayloadOf } from './contract.ts'

const schema = z.object({ userId: z.int() })
type Options = ContractOptions<{ userId: number }, string>

const refused: readonly [string, string, Partial<Options>, string][] = [
  ['a topic with a space', 'user logged', {}, 'BAD_NAME'],
  ['a topic with a control character', 'user\u0000', {}, 'BAD_NAME'],
  ['a topic with a wildcard', 'user.*', {}, 'BAD_NAME'],
  ['an empty topic', '', {}, 'BAD_NAME'],
  ['a topic of 121 characters', 'a'.repeat(121), {}, 'BAD_NAME'],
  ['a group with a slash', 'user', { groups: ['a/b'] }, 'BAD_NAME'],
  ['a group named twice', 'user', { groups: ['a', 'a'] }, 'GROUP_CONFLICT'],
  ['no partitions', 'user', { partitions: 0 }, 'BAD_OPTION'],
  ['half a partition', 'user', { partitions: 1.5 }, 'BAD_OPTION'],
  ['a life that is no number', 'user', { lifeMs: Number.NaN }, 'BAD_OPTION'],
  ['no attempts', 'user', { retry: { attempts: 0 } }, 'BAD_OPTION'],
  ['delays that shrink', 'user', { retry: { firstDelayMs: 10, maxDelayMs: 5 } }, 'BAD_OPTION'],
  ['an unknown policy', 'user', { afterDead: 'maybe' as 'park' }, 'BAD_OPTION'],
  ['something that is no schema', 'user', { schema: {} as Options['schema'] }, 'BAD_OPTION'],
  ['no concurrency', 'user', { groups: [{ name: 'a', concurrency: 0 }] }, 'BAD_OPTION'],
]

for (const [title, topic, options, code] of refused) {
  test(`a contract refuses ${title}, and says what is allowed`, () => {
    assert.throws(() => contract(topic, { schema, ...options } as Options), {
      code,
      message: /must|is 1 to 120|twice|not a Standard/,
    })
  })
}

test('a group is ordered where the contract has a key, unless it says otherwise', () => {
  const keyed = contract('user', {
    schema,
    key: ({ userId }) => String(userId),
    groups: ['a', { name: 'b', order: 'none' }],
  })
  assert.deepEqual(
    keyed.groups.map(({ order }) => order),
    ['key', 'none'],
  )
  assert.deepEqual(
    contract('user', { schema, groups: ['a'] }).groups.map(({ order }) => order),
    ['none'],
  )
})

test('the type of the payload flows from the schema', () => {
  const typed = contract('user', { schema, groups: ['a'] })
  const payload: PayloadOf<typeof typed> = { userId: 1 }
  // @ts-expect-error a payload of another shape
  const wrong: PayloadOf<typeof typed> = { userId: 'one' }
  assert.notDeepEqual(payload, wrong)
})
