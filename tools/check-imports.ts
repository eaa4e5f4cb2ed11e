/** Checks who imports whom: the directions of the packages, the declared dependencies, no cycles, no broker's name in the bus. */
import { readFileSync } from 'node:fs'
import { matchesGlob, posix, resolve } from 'node:path'
import { isForTests, readSources, report, root, type Source } from './repository.ts'
import { type Import, importsOf, type Token, tokensOf } from './tokens.ts'

interface Rule {
  readonly folder: string
  /** What of ours it may import, besides its own files. */
  readonly may: readonly string[]
  /** Does no input or output: nothing of Node's. */
  readonly pure?: true
}

/** The first row whose folder fits holds. Folders that are not named (tools, e2e, bench, examples) may import anything. */
const rules: readonly Rule[] = [
  { folder: 'packages/bus', may: [] },
  { folder: 'packages/transport-*', may: ['@vestnik/bus/transport', '@vestnik/bus/errors'] },
  { folder: 'packages/store-*', may: ['@vestnik/bus/store', '@vestnik/bus/errors'] },
  {
    folder: 'packages/transport',
    may: ['@vestnik/bus/transport', '@vestnik/bus/errors', '@vestnik/transport-*'],
  },
  { folder: 'packages/conformance', may: ['@vestnik/bus', '@vestnik/bus/*'] },
  { folder: 'packages/testing', may: ['@vestnik/bus', '@vestnik/bus/*', '@vestnik/store-*'] },
  { folder: 'packages/cli', may: ['@vestnik/bus', '@vestnik/bus/*', '@vestnik/store-*', '@vestnik/store-*/url'] },
  {
    folder: 'packages/vestnik',
    may: ['@vestnik/bus', '@vestnik/bus/*', '@vestnik/store-*', '@vestnik/transport', '@vestnik/cli', '@vestnik/cli/*'],
  },
  {
    folder: 'packages/service',
    may: ['@vestnik/bus', '@vestnik/bus/*', '@vestnik/store-*', '@vestnik/store-*/url', '@vestnik/transport'],
  },
  { folder: 'services/contracts', may: ['@vestnik/bus'], pure: true },
  {
    folder: 'services/api',
    may: ['@vestnik/contracts', '@vestnik/service/call', '@vestnik/service/paging'],
    pure: true,
  },
  {
    folder: 'services/codes',
    may: ['@vestnik/bus', '@vestnik/bus/*', '@vestnik/contracts', '@vestnik/service', '@vestnik/service/*'],
  },
  {
    folder: 'services/*',
    may: [
      '@vestnik/bus',
      '@vestnik/bus/*',
      '@vestnik/contracts',
      '@vestnik/api',
      '@vestnik/codes',
      '@vestnik/service',
      '@vestnik/service/*',
    ],
  },
]

/** In the bus a broker has no name; of databases it knows the two dialects. */
const brokerNames = /rabbit|amqp|kafka|sqlite:|transport-/i

/** What a package.json says that its sources may import. */
export type Declared = (folder: string) => ReadonlySet<string>

/** Every breach in these sources, as `path:line: what is wrong`. */
export function checkImports(sources: readonly Source[], declared: Declared): string[] {
  const files = sources.map(({ path, text }) => {
    const tokens = tokensOf(text)
    return { path, tokens, imports: importsOf(tokens) }
  })
  return [
    ...files.flatMap((file) => file.imports.flatMap((one) => judge(file.path, one, declared))),
    ...files.flatMap((file) => namesOfBrokers(file.path, file.tokens)),
    ...cycles(files),
  ]
}

function judge(path: string, { from, line }: Import, declared: Declared): string[] {
  const folder = path.split('/').slice(0, 2).join('/')
  const rule = rules.find((row) => matchesGlob(folder, row.folder))
  if (rule === undefined || isForTests(path)) return []
  const breach = (why: string) => [`${path}:${line}: ${folder} may not import ${from}: ${why}`]
  if (from.startsWith('.')) {
    return resolved(path, from).startsWith(`${folder}/`)
      ? []
      : breach('it is outside the package; import it by its name')
  }
  if (from.startsWith('node:')) return rule.pure ? breach('no input and output there') : []
  if (!declared(folder).has(packageOf(from))) return breach('its package.json does not name it under dependencies')
  const ours = from === 'vestnik' || from.startsWith('@vestnik/')
  if (!ours || rule.may.some((pattern) => matchesGlob(from, pattern))) return []
  return breach(rule.may.length === 0 ? 'it knows nothing else of ours' : `it may import ${rule.may.join(', ')}`)
}

function namesOfBrokers(path: string, tokens: readonly Token[]): string[] {
  if (!path.startsWith('packages/bus/') || isForTests(path)) return []
  return tokens
    .filter(({ kind, text }) => kind !== 'sign' && brokerNames.test(text))
    .map(({ text, line }) => `${path}:${line}: ${JSON.stringify(text)} names a broker; the bus knows none`)
}

interface File {
  readonly path: string
  readonly imports: readonly Import[]
}

/** Rings of files that need each other when the program runs; types and threads make none. */
function cycles(files: readonly File[]): string[] {
  const needs = new Map(files.map((file) => [file.path, neededBy(file)]))
  const finished = new Set<string>()
  const found: string[] = []
  const visit = (path: string, way: readonly string[]): void => {
    const ring = way.indexOf(path)
    if (ring >= 0) found.push(`${path}:1: files import each other: ${[...way.slice(ring), path].join(' → ')}`)
    if (ring >= 0 || finished.has(path)) return
    for (const needed of needs.get(path) ?? []) visit(needed, [...way, path])
    finished.add(path)
  }
  for (const path of needs.keys()) visit(path, [])
  return found
}

function neededBy({ path, imports }: File): string[] {
  return imports
    .filter(({ from, kind }) => from.startsWith('.') && kind === 'value')
    .map(({ from }) => resolved(path, from))
}

function resolved(path: string, from: string): string {
  return posix.join(posix.dirname(path), from)
}

function packageOf(from: string): string {
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/')
}

function readDeclared(folder: string): ReadonlySet<string> {
  const text = readFileSync(resolve(root, folder, 'package.json'), 'utf8')
  const { dependencies, peerDependencies }: Record<string, Record<string, string>> = JSON.parse(text)
  return new Set([...Object.keys(dependencies ?? {}), ...Object.keys(peerDependencies ?? {})])
}

if (import.meta.main) {
  const sources = readSources('{packages,services,tools,e2e,bench,examples}/**/*.ts')
  report('imports', checkImports(sources, readDeclared))
}
