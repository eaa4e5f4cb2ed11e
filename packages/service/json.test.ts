/** What a JSON body may be, judged before it is parsed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readJson } from './json.ts'
import { Problem } from './problem.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

test('every JSON document within the limits is read as JSON.parse reads it', () => {
  const documents = fc.jsonValue({ maxDepth: 5 }).filter((value) => !JSON.stringify(value).includes('__proto__'))
  fc.assert(
    fc.property(documents, (value) => {
      const text = JSON.stringify(value)
      assert.deepEqual(readJson(bytes(text), { depth: 20, values: 100_000 }), JSON.parse(text))
    }),
  )
})

const refused: readonly (readonly [what: string, body: Uint8Array])[] = [
  ['nested too deeply', bytes('['.repeat(17) + ']'.repeat(17))],
  ['nested too deeply and never closed', bytes('{"a":'.repeat(5000))],
  ['of too many values', bytes(`[${'1,'.repeat(1000)}1]`)],
  ['not JSON', bytes('{"a":1')],
  ['not UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22])],
  ['a prototype', bytes('{"__proto__":{"admin":true}}')],
  ['a prototype deep inside', bytes('{"a":[{"__proto__":1}]}')],
]

for (const [what, body] of refused) {
  test(`a body that is ${what} is refused with 400`, () => {
    assert.throws(
      () => readJson(body),
      (error) => error instanceof Problem && error.status === 400,
    )
  })
}

test('brackets and commas inside strings count for nothing', () => {
  const text = JSON.stringify({ a: `${'['.repeat(100)}\\"${','.repeat(2000)}"` })
  assert.deepEqual(readJson(bytes(text)), JSON.parse(text))
})
