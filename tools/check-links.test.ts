import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkLinks } from './check-links.ts'

const files: Record<string, string> = {
  'docs/errors.md': '# Errors\n\n### BAD_URL\n',
  'packages/bus/policy.ts': '/** Policy. */\nexport function decide() {}\n',
}
const check = (page: string) =>
  checkLinks('docs/map.md', (path) => (path === 'docs/map.md' ? page : path === 'docs' ? '' : files[path]))

test('links to files, headings, lines and the web are fine', () => {
  const good = [
    '[a](errors.md)',
    '[b](errors.md#bad_url)',
    '[`decide`](../packages/bus/policy.ts#L2)',
    '[the policy](../packages/bus/policy.ts#L1)',
    '[d](https://example.org/x)',
    '[e](#here-and-there)\n## Here, and there',
    '```ts\n[f](nowhere.md)\n```',
  ]
  for (const page of good) assert.deepEqual(check(page), [], page)
})

test('a link that leads nowhere is found, with its line', () => {
  const bad = ['[a](error.md)', '[b](errors.md#bad_uri)', '[c](../packages/bus/policy.ts#L9)', '[d](#not-here)']
  for (const page of bad) assert.match(check(`\n${page}`)[0] ?? '', /^docs\/map\.md:2: /, page)
})

test('a link to a line that has moved is found', () => {
  assert.match(check('[`decide`](../packages/bus/policy.ts#L1)')[0] ?? '', /that line is: \/\*\* Policy/)
})
