import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkGuarantees } from './check-guarantees.ts'

const source = `
  // test('a test that was taken out', () => {})
  test('a message has one effect', async () => {})
  law(
    "a peer's message is read",
    once, run)
  for (const point of points) law(\`a reader that dies at \${point} has lost nothing\`, once, run)
  t.test(\`\${way} ends all of it, with \${show('a code')} (\${n})\`, () => {})
  test(named, () => assert.match('an argument of its body', /x/))
`
const files: Record<string, string> = { 'packages/bus/laws.ts': source }
const check = (page: string) =>
  checkGuarantees('docs/guarantees.md', (path) => (path === 'docs/guarantees.md' ? page : files[path]))
const link = '([laws](../packages/bus/laws.ts))'

test('a title that is there is fine: whole, with its holes filled, or its beginning', () => {
  const good = [
    `*a message has one effect* ${link}`,
    `*a peer's message is read*; *a message has …* ${link}`,
    `*a reader that dies at relay.published has lost nothing* ${link}`,
    `*a reader that dies at relay.published …* ${link}`,
    `*a reader …* ${link}`,
    `*Ctrl-C ends all of it, with code 0 (twice)* ${link}`,
    'no title, and **no proof**',
  ]
  for (const cell of good) assert.deepEqual(check(`| what | then | ${cell} |`), [], cell)
  assert.deepEqual(check('Words that *matter* are no titles.'), [])
})

test('a title that is not there is found, with its line', () => {
  const bad = [
    'a message has two effects',
    'a message has',
    'a reader that dies at relay.published has lost',
    'ends all of it …',
    'a test that was taken out',
    'an argument of its body',
    'a code',
  ]
  for (const title of bad) {
    const cell = `*${title}* ${link}`
    const finding = `docs/guarantees.md:2: *${title}*: packages/bus/laws.ts has no such test`
    assert.deepEqual(check(`# Page\n| what | then | ${cell} |`), [finding])
  }
})

test('a title without a file, or with one that is not there, is found', () => {
  assert.match(check('| *a message has one effect* | [laws](../packages/bus/laws.ts) |')[0] ?? '', /no file is linked/)
  assert.match(check('| *a b c* ([gone](../e2e/gone.test.ts)) |')[0] ?? '', /there is no e2e\/gone\.test\.ts/)
})
