/** All hostile cases of the whole system, by what they try. */
import { bodyRows } from './bodies.ts'
import { fieldRows } from './fields.ts'
import { otherRows } from './others.ts'
import { pathRows } from './paths.ts'
import type { Row } from './row.ts'
import { tokenRows } from './tokens.ts'

/** By the file that holds them. */
export const hostileRows: Readonly<Record<string, readonly Row[]>> = {
  tokens: tokenRows,
  bodies: bodyRows,
  fields: fieldRows,
  paths: pathRows,
  others: otherRows,
}
