/** One Docker Engine for all test files that this process starts, proven by a container. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { guardedFolder, removeFolder, runGuarded } from '../brokers/guarded.ts'
import { type Docker, dockerOf } from './docker.ts'
import { type Engine, openEngine } from './engine.ts'

/** Another test that has the machine's engine ends within the time of a suite, or this one does without. */
const turnMs = 300_000
const packMs = 30_000

/** @throws Error that says why this machine lets none run */
export async function shareEngine(): Promise<AsyncDisposable> {
  const engine = await openEngine(turnMs)
  const before = { DOCKER_HOST: process.env.DOCKER_HOST, DOCKER_CONFIG: process.env.DOCKER_CONFIG }
  try {
    await runOne(await dockerOf(engine))
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw new Error(`a Docker Engine runs here, and no container in it: ${sentence(error)}`, { cause: error })
  }
  set({ DOCKER_HOST: engine.env.DOCKER_HOST, DOCKER_CONFIG: engine.env.DOCKER_CONFIG })
  return { [Symbol.asyncDispose]: () => end(engine, before) }
}

async function end(engine: Engine, before: Readonly<Record<string, string | undefined>>): Promise<void> {
  set(before)
  await engine[Symbol.asyncDispose]()
}

/** With a network of its own, as compose makes them, and the smallest program of this machine. */
async function runOne(docker: Docker): Promise<void> {
  const folder = await guardedFolder('probe')
  const name = `vestnik-probe-${process.pid}`
  try {
    const archive = join(folder, 'probe.tar')
    await runGuarded('tar', ['-C', '/', '--dereference', '-cf', archive, ...filesOf('bin/true')], packMs)
    await docker.run('import', archive, name)
    await docker.run('network', 'create', name)
    await docker.run('run', '--rm', '--network', name, '--read-only', '--cap-drop', 'ALL', name, '/bin/true')
  } finally {
    await docker.run('network', 'rm', name).catch(() => undefined)
    await docker.run('rmi', '--force', name).catch(() => undefined)
    removeFolder(folder)
  }
}

/** A program and the libraries that it is linked with, relative to the root. */
function filesOf(program: string): readonly string[] {
  const said = execFileSync('ldd', [`/${program}`], { encoding: 'utf8', timeout: packMs })
  return [program, ...[...said.matchAll(/\/(\S+) \(0x/g)].map(([, path = '']) => path)]
}

function set(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}

const sentence = (error: unknown) => (error instanceof Error ? error.message : String(error))
