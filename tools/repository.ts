/** The repository: its root, its sources and what a file is for, its own programs. */
import { globSync, readFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

export const root: string = resolve(import.meta.dirname, '..')

/** Where Node keeps compiled code between starts, which takes much off them. What has changed it compiles anew. */
export const compiled: string = join(root, '.cache', 'compiled')

/** Of this process, with the repository's own programs first, so that what it starts runs on its Node. */
export const env: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
}

export interface Source {
  /** From the root, with slashes. */
  readonly path: string
  readonly text: string
}

/** The TypeScript sources under these patterns, sorted by path. */
export function readSources(...patterns: string[]): Source[] {
  return listFiles(...patterns).map((path) => ({ path, text: readFileSync(resolve(root, path), 'utf8') }))
}

/** The files under these patterns, from the root, sorted. */
export function listFiles(...patterns: string[]): string[] {
  return globSync(patterns, { cwd: root, exclude: ['**/node_modules', '**/dist'] }).sort()
}

/** Tests and what only tests start: they may import more, and are not packed. */
export function isForTests(path: string): boolean {
  return /\.(test|fixture|fixtures)\.ts$|\/(test|tests|fixtures|test-[^/]+)\//.test(path)
}

/** Prints what a check found, one a line, and makes the process fail if that is anything. */
export function report(check: string, findings: readonly string[]): void {
  for (const finding of findings) console.error(finding)
  if (findings.length === 0) return
  console.error(`${check}: ${findings.length} found`)
  process.exitCode = 1
}
