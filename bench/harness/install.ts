/** Programs that some rows need besides Node: found, or installed from Debian's packages where that can be done. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const exec = promisify(execFile)

export interface Program {
  readonly command: string
  /** Debian's packages that bring it. */
  readonly packages: readonly string[]
}

/** Why the program is not there; undefined when it is. Whoever asks for the benchmark as root gets it installed. */
export async function missing(program: Program, mayInstall: boolean): Promise<string | undefined> {
  if (await runs(program.command)) return undefined
  if (mayInstall && process.getuid?.() === 0) await install(program.packages)
  if (await runs(program.command)) return undefined
  return `${program.command} is not installed (apt-get install ${program.packages.join(' ')})`
}

const runs = (command: string): Promise<boolean> =>
  exec(command, ['--version']).then(
    () => true,
    () => false,
  )

async function install(packages: readonly string[]): Promise<void> {
  // RUNLEVEL=1 keeps a package from starting a server that nobody asked for.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  try {
    await exec('apt-get', ['update'], { env })
    await exec('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env })
  } catch {
    // It is said to be missing.
  }
}
