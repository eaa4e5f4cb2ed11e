/** The image is built from what the services need, as .dockerignore says, and from nothing else. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../tools/repository.ts'
import { allFolders, neededFolders, services } from './image.fixture.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** A broker or a database is chosen by its URL. */
const byUrl = /^packages\/(transport|store)-/

test('a package that no service needs is left out, and no other', () => {
  const ignored = read('.dockerignore').split('\n')
  const built = allFolders().filter((folder) => !ignored.includes(folder))
  const needed = neededFolders()
  assert.deepEqual(
    built.filter((folder) => needed.includes(folder) || !byUrl.test(folder)),
    needed,
  )
})

test('the packages of each service are installed', () => {
  const named = [...read('deploy/Dockerfile').matchAll(/--workspace=services\/(\w+)/g)].map(([, name]) => name)
  assert.deepEqual(named, services)
})
