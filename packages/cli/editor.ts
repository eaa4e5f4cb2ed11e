/** Editing a text in the person's own editor. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BusError } from '@vestnik/bus'

export interface Editing extends AsyncDisposable {
  /** Opens the editor, and answers what the file holds when it is closed. @throws BusError `INVALID_EDIT` when it fails */
  open(): Promise<string>
}

/** A file with the text that nobody else can read, and that is gone afterwards. `editor` is a command for the shell. */
export async function editing(text: string, editor: string): Promise<Editing> {
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-edit-'))
  const path = join(folder, 'body.json')
  await writeFile(path, text, { mode: 0o600 })
  return {
    async open() {
      await runEditor(editor, path)
      return readFile(path, 'utf8')
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

async function runEditor(editor: string, path: string): Promise<void> {
  // Ctrl-C in the editor is the editor's: if it ended this process, the file would stay.
  const ignore = () => {}
  process.on('SIGINT', ignore)
  try {
    const child = spawn(`${editor} "${path}"`, { shell: true, stdio: 'inherit' })
    const [code, signal] = await once(child, 'exit')
    if (code !== 0) throw new BusError('INVALID_EDIT', `edit: the editor ${editor} ended with ${signal ?? code}`)
  } finally {
    process.off('SIGINT', ignore)
  }
}
