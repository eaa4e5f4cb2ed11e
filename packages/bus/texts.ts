/** Texts from outside, as every database and its indexes can hold them. */
import { hash } from 'node:crypto'

/** Bytes of UTF-8 that a key or an id may have: an index row of PostgreSQL ends at 2,700. */
export const longestKey = 1_024

/** Whether a text can be kept as it is: no NUL, no half of a surrogate pair. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** The text, with U+FFFD where a database could not hold it. */
export const storable = (text: string): string =>
  isStorable(text) ? text : text.toWellFormed().replaceAll('\0', '\ufffd')

/** A text that indexes can hold and that stands for this one: itself, or its digest where it is long or not storable. */
export const indexable = (text: string): string =>
  isShort(text) && isStorable(text) ? text : `sha256:${hash('sha256', text.toWellFormed())}`

/** Three bytes are the most that a unit of UTF-16 takes. */
export const isShort = (text: string): boolean => text.length * 3 <= longestKey || Buffer.byteLength(text) <= longestKey
