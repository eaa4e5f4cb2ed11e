/** A Python with aiokafka, for a peer of others: made once, in the user's cache, by pip from PyPI. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const version = '0.14.0'
const makeMs = 180_000

/**
 * The path of its `python`. Another process may make the same at once, and be first.
 * @throws Error where there is no Python 3, or pip cannot fetch it
 */
export function pythonWithAiokafka(): string {
  const python = process.env.PYTHON ?? 'python3'
  const words = '-c "import sys; print(sys.version_info[0], sys.version_info[1])"'
  const found = run(python, ['-c', 'import sys; print(*sys.version_info[:2], sep=".")'], `${python} ${words}`).trim()
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vestnik')
  const folder = join(cache, `aiokafka-${version}-python-${found}`)
  const made = join(folder, 'bin', 'python')
  if (existsSync(made)) return made
  mkdirSync(cache, { recursive: true })
  const draft = mkdtempSync(join(cache, '.draft-aiokafka-'))
  try {
    run(python, ['-m', 'venv', draft], 'make a virtual environment')
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `aiokafka==${version}`]
    run(join(draft, 'bin', 'python'), install, `fetch aiokafka ${version} from PyPI`)
    if (!existsSync(folder)) renameSync(draft, folder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return made
}

function run(command: string, words: readonly string[], what: string): string {
  try {
    return execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: makeMs })
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`a peer in Python needs Python 3.10 or newer with venv, and PyPI: ${what}: ${said}`, { cause })
  }
}
