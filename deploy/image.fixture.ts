/** Which folders of this repository the services need to run, by what their manifests say. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../tools/repository.ts'

export const services: readonly string[] = ['gateway', 'users', 'films', 'mailer', 'mailbox']

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
}

/** Such as `packages/bus`; sorted. */
export function neededFolders(): readonly string[] {
  const folders = new Map(allFolders().map((folder) => [manifestOf(folder).name, folder]))
  const needed = new Set<string>()
  function need(folder: string): void {
    if (needed.has(folder)) return
    needed.add(folder)
    for (const name of Object.keys(manifestOf(folder).dependencies ?? {})) {
      const own = folders.get(name)
      if (own !== undefined) need(own)
    }
  }
  for (const service of services) need(`services/${service}`)
  return [...needed].sort()
}

/** All of them; sorted. */
export function allFolders(): readonly string[] {
  const parents = ['packages', 'services']
  return parents.flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`)).sort()
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
}
