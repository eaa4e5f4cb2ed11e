/** A Docker Engine for a test: the one that runs, else one of its own, in a folder of its own, that is gone with the test. */
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Guarded, guardCommand, guardedFolder, removeFolder, startGuarded } from '../brokers/guarded.ts'
import { lookAtHost, restoreHost } from './host-network.ts'
import { takeTurn } from './turn.ts'

export interface Engine extends AsyncDisposable {
  /** For programs that talk to it. */
  readonly env: NodeJS.ProcessEnv
  /** Whether it ends with the test, with all that is in it. */
  readonly isOwn: boolean
}

const startMs = 60_000
const stopMs = 30_000
const otherMs = 15_000
/** As long as another test may take that has an engine of its own. */
const longestTurnMs = 1_200_000

/** `turnMs`: how long another test is waited for. @throws Error that says why there is none */
export async function openEngine(turnMs: number = longestTurnMs): Promise<Engine> {
  if (await answers(process.env)) return { env: process.env, isOwn: false, [Symbol.asyncDispose]: async () => {} }
  if (process.getuid?.() !== 0) throw new Error('no Docker Engine answers, and only root may start one')
  // Two engines would share their rules and bridges.
  const endTurn = await takeTurn('docker-engine', turnMs)
  try {
    await untilNoOther()
    const { env, stop } = await start()
    return { env, isOwn: true, [Symbol.asyncDispose]: () => stop().finally(endTurn) }
  } catch (error) {
    endTurn()
    throw error
  }
}

/**
 * It must be allowed to write rules of the network: without them containers do not find each other by their names. The
 * storage it chooses itself, by what the kernel has.
 */
async function start(): Promise<{ env: NodeJS.ProcessEnv; stop: () => Promise<void> }> {
  const folder = await guardedFolder('docker')
  const host = lookAtHost()
  const restoreProgram = fileURLToPath(new URL('restore-host.ts', import.meta.url))
  const forget = guardCommand(process.execPath, [restoreProgram, JSON.stringify(host)])
  const socket = `unix://${join(folder, 'socket')}`
  const env = { ...process.env, DOCKER_HOST: socket, DOCKER_CONFIG: join(folder, 'config') }
  mkdirSync(env.DOCKER_CONFIG)
  // Processes and mounts of its own: whatever ends it, its containers end too, and nothing stays mounted.
  const isolation = ['--pid', '--fork', '--kill-child=SIGKILL', '--mount', '--mount-proc']
  const places = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'run'), '-p', join(folder, 'pid')]
  // Under systemd the driver would be its own, which takes slices only.
  const cgroups = ['--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', basename(folder)]
  const dockerd = startGuarded('unshare', [...isolation, 'dockerd', '--host', socket, ...places, ...cgroups], {})

  async function stop(): Promise<void> {
    const late = setTimeout(() => dockerd.signal('SIGKILL'), stopMs)
    await endChild(dockerd)
    clearTimeout(late)
    try {
      restoreHost(host)
    } finally {
      forget()
      removeFolder(folder)
    }
  }

  const end = performance.now() + startMs
  while (!(await answers(env))) {
    if (!dockerd.hasEnded() && performance.now() < end) await sleep(100)
    else throw new Error(`no Docker Engine can be started here: ${lastWords(dockerd)}${await troubleOf(stop())}`)
  }
  return { env, stop }
}

/** What has no right to start an engine has none to undo it. */
const troubleOf = (stopping: Promise<void>): Promise<string> =>
  stopping.then(
    () => '',
    (error: unknown) => `; ${error instanceof Error ? error.message : error}`,
  )

/** The engine itself is told, so that it ends in order; `unshare` goes with it. */
async function endChild(dockerd: Guarded): Promise<void> {
  try {
    const child = Number(readFileSync(`/proc/${dockerd.pid}/task/${dockerd.pid}/children`, 'utf8'))
    if (child > 0) process.kill(child, 'SIGTERM')
  } catch {
    // It has ended meanwhile.
  }
  while (!dockerd.hasEnded()) await sleep(50)
}

function lastWords(dockerd: Guarded): string {
  const lines = dockerd.said().trim().split('\n')
  return lines.findLast((line) => /fail|error/i.test(line)) ?? lines.at(-1) ?? 'it said nothing'
}

/** One that listens elsewhere would share its rules. Whoever was killed just now needs a moment to be gone. */
export async function untilNoOther(): Promise<void> {
  const end = performance.now() + otherMs
  for (let other = otherEngine(); other !== undefined; other = otherEngine()) {
    if (performance.now() > end) throw new Error(`another Docker Engine runs, process ${other}: name it in DOCKER_HOST`)
    await sleep(200)
  }
}

function otherEngine(): string | undefined {
  return readdirSync('/proc').find((pid) => /^[0-9]+$/.test(pid) && commandOf(pid) === 'dockerd\n')
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8')
  } catch {
    return ''
  }
}

async function answers(env: NodeJS.ProcessEnv): Promise<boolean> {
  try {
    await promisify(execFile)('docker', ['version'], { env, timeout: 10_000 })
    return true
  } catch {
    return false
  }
}
