/** Runs `docker` and other programs against one engine; what fails says the end of what it said. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Engine } from './engine.ts'

export interface Docker {
  readonly engine: Engine
  /** Answers what it wrote to its standard output. */
  run(...words: readonly string[]): Promise<string>
  /** `docker build` of a folder. */
  build(context: string, ...words: readonly string[]): Promise<void>
  /** Another program, which finds the engine by its environment. */
  program(command: string, ...words: readonly string[]): Promise<string>
}

const withinMs = 600_000

export async function dockerOf(engine: Engine): Promise<Docker> {
  const hasBuildx = await execute({ env: engine.env }, 'docker', ['buildx', 'version']).then(
    () => true,
    () => false,
  )
  // A client without its builder must use the engine's.
  const env = hasBuildx ? engine.env : { ...engine.env, DOCKER_BUILDKIT: '0' }
  const program = (command: string, ...words: readonly string[]) => execute({ env }, command, words)
  const run = (...words: readonly string[]) => program('docker', ...words)
  return {
    engine,
    run,
    async build(context, ...words) {
      await run('build', '--quiet', '--force-rm', ...words, context)
    },
    program,
  }
}

async function execute(
  options: { env: NodeJS.ProcessEnv },
  command: string,
  words: readonly string[],
): Promise<string> {
  try {
    const limits = { timeout: withinMs, maxBuffer: 64 * 1024 * 1024 }
    return (await promisify(execFile)(command, words, { ...options, ...limits })).stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    const said = `${stdout}\n${stderr}`.trim().slice(-3000)
    throw new Error(`${command} ${words.slice(0, 4).join(' ')} failed: ${said}`, { cause: error })
  }
}
