/** A file of keys that a variable names. No error quotes what stands in it. */
import { readFile } from 'node:fs/promises'
import { BusError } from '@vestnik/bus'

/** A file as a variable names it, for errors. */
export interface KeyFile {
  readonly variable: string
  readonly file: string
  /** Ends the sentence "it must be …". */
  readonly allowed: string
}

/** @throws BusError `BAD_CONFIG` */
export async function readKeyFile(of: KeyFile): Promise<Buffer> {
  try {
    return await readFile(of.file)
  } catch (error) {
    throw badKeys(of, 'the file cannot be read', error)
  }
}

/** The BusError `BAD_CONFIG` of a file that cannot be used. A cause that may quote the file is left out. */
export function badKeys({ variable, file, allowed }: KeyFile, why: string, cause?: unknown): BusError {
  return new BusError('BAD_CONFIG', `${variable} is ${JSON.stringify(file)}: it must be ${allowed}; ${why}`, { cause })
}
