/** The folder that services keep their files in, and files in it that are made once. */
import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BusError } from '@vestnik/bus/errors'

/**
 * Makes the folder if it is missing, for this user alone.
 * @throws BusError `FILE_UNUSABLE`
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new BusError('FILE_UNUSABLE', `make the folder ${folder}: ${reasonOf(error)}`, { cause: error })
  }
}

/**
 * The text of a secret file (mode 0600) that is made by whichever process comes first: all of them read the same.
 * @throws BusError `FILE_UNUSABLE`
 */
export async function makeOnce(file: string, make: () => Promise<string>): Promise<string> {
  await makeFolder(dirname(file))
  try {
    return (await readIfThere(file)) ?? (await publish(file, await make()))
  } catch (error) {
    if (error instanceof BusError) throw error
    throw new BusError('FILE_UNUSABLE', `make ${file}: ${reasonOf(error)}`, { cause: error })
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** A link fails where the name is taken, so nobody reads half a file, and the first one wins. */
async function publish(file: string, text: string): Promise<string> {
  const draft = `${file}.${randomUUID()}`
  try {
    await using handle = await open(draft, 'wx', 0o600)
    await handle.writeFile(text)
    await handle.sync()
    await link(draft, file).catch(ignoreTaken)
  } finally {
    await rm(draft, { force: true })
  }
  return await readFile(file, 'utf8')
}

function ignoreTaken(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
