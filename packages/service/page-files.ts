/** The files of a page, as they stand in its folder, read once; and what the page may do. */
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Http } from './http.ts'

export interface PageFile {
  /** In its folder. */
  readonly name: string
  readonly type: string
  readonly body: Buffer
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export async function readPageFiles(folder: string): Promise<readonly PageFile[]> {
  const names = (await readdir(folder)).filter((name) => types[extname(name)] !== undefined)
  return await Promise.all(names.map((name) => read(folder, name)))
}

async function read(folder: string, name: string): Promise<PageFile> {
  return { name, type: types[extname(name)] ?? '', body: await readFile(join(folder, name)) }
}

/** Everything that the page is made of is its own. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
}

/** Adds the page at a path such as `/docs`, and its other files below. Whoever asks for the root is led there. */
export function servePage(http: Http, path: string, files: readonly PageFile[]): void {
  for (const other of ['/', `${path}/`]) http.get(other, async (_request, reply) => reply.redirect(path))
  for (const { name, type, body } of files) {
    http.get(name === 'index.html' ? path : `${path}/${name}`, async (_request, reply) =>
      reply.headers(pageHeaders).type(type).send(body),
    )
  }
}
