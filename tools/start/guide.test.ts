/** The guide names every variable that is read. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readSources, root } from '../repository.ts'
import { known } from './services.ts'

test('every variable that the services and npm start read is in the guide', () => {
  const guide = readFileSync(join(root, 'docs/guides/run.md'), 'utf8')
  const sources = readSources('services/*/*.ts', 'packages/service/*.ts', 'tools/start/settings.ts')
  const configs = sources.filter(({ text }) => text.includes('readVariables('))
  const read = configs.flatMap(({ text }) => [...text.matchAll(/^ {4}([A-Z][A-Z_]+): /gm)].map(([, name = '']) => name))
  const asked = known.flatMap(({ ports, databaseVariable = 'DATABASE_URL' }) => [
    ...ports.map(({ variable }) => variable),
    databaseVariable,
  ])
  const names = new Set([...read, ...asked])
  assert.ok(names.size > 25, [...names].join(' '))
  assert.deepEqual(
    [...names].filter((name) => !guide.includes(`\`${name}\``)),
    [],
  )
})
