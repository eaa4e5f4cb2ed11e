/** The table of topics is what the services' sources say, and what the guide says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Contract } from '@vestnik/bus'
import * as contracts from '@vestnik/contracts'
import { readSources } from '../../tools/repository.ts'
import { permissionsOf, type ServiceUser, topicsOf } from './permissions.ts'

const users = Object.keys(topicsOf) as ServiceUser[]

for (const user of users) {
  test(`the topics of ${user} are those that it publishes and handles`, () => {
    const text = readSources(`services/${user}/main.ts`, `services/${user}/handlers/*.ts`)
      .map((source) => source.text)
      .join('\n')
    const published = /publishes = \[([^\]]*)\]/.exec(text)?.[1]?.match(/\w+/g) ?? []
    const handled = [...text.matchAll(/\b(?:on|effect)\(\s*(\w+),/g)].map(([, name]) => name ?? '')
    const { publishes, reads } = topicsOf[user]
    assert.deepEqual([sorted(publishes), sorted(reads)], [topicsNamed(published), topicsNamed(handled)])
  })
}

test('the guide says who may do what with each topic', () => {
  const [guide] = readSources('docs/guides/containers.md')
  for (const { topic } of contracts.allContracts) {
    const writers = users.filter((user) => topicsOf[user].publishes.includes(topic))
    const readers = users.filter((user) => topicsOf[user].reads.includes(topic))
    const cells = [[...writers, ...readers], writers, readers].map((names) => names.join(', ') || '–')
    const row = `| \`${topic}\` | ${cells.join(' | ')} |`
    assert.ok(guide?.text.includes(`${row}\n`), `there is no ${row}`)
  }
})

test('a pattern fits its topics and no name that is like one', () => {
  const { configure, write, read } = permissionsOf({ publishes: ['a.b'], reads: ['c.d'] })
  const fitting = (pattern: string) => names.filter((name) => new RegExp(pattern).test(name))
  const names = ['a.b', 'a.b/g/0', 'c.d', 'c.d/g/0', 'a.bc', 'axb', 'xa.b', 'a.b.c', 'c.d.e', 'amq.default', 'a.b/', '']
  assert.deepEqual(fitting(configure), ['a.b', 'a.b/g/0', 'c.d', 'c.d/g/0'])
  assert.deepEqual(fitting(write), ['a.b', 'a.b/g/0', 'c.d/g/0'])
  assert.deepEqual(fitting(read), ['a.b', 'c.d', 'c.d/g/0'])
})

const sorted = (names: readonly string[]): readonly string[] => names.toSorted()

function topicsNamed(names: readonly string[]): readonly string[] {
  const known: Readonly<Record<string, unknown>> = contracts
  return sorted(names.map((name) => (known[name] as Contract).topic))
}
