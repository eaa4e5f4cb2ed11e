/** The files of the mailbox's page, and what it may load. */
import { join } from 'node:path'
import { type PageFile, readPageFiles } from '@vestnik/service'

export function readPage(): Promise<readonly PageFile[]> {
  return readPageFiles(join(import.meta.dirname, 'page'))
}

/** Everything that the page is made of is its own. */
export const pagePolicy: string =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
