/** The files of the page, as they stand in its folder, read once. */
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

export interface PageFile {
  /** `/` or `/page/<name>`. */
  readonly path: string
  readonly type: string
  readonly body: Buffer
}

const folder = join(import.meta.dirname, 'page')

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export async function readPageFiles(): Promise<readonly PageFile[]> {
  const names = (await readdir(folder)).filter((name) => types[extname(name)] !== undefined)
  return await Promise.all(names.map(read))
}

async function read(name: string): Promise<PageFile> {
  const path = name === 'index.html' ? '/' : `/page/${name}`
  return { path, type: types[extname(name)] ?? '', body: await readFile(join(folder, name)) }
}

/** Everything that the page is made of is its own. */
export const pagePolicy: string =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
