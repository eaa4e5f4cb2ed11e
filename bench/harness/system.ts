/** All services, as `npm start` runs them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../../tools/repository.ts'
import { freePortVariables } from '../../tools/start/free-ports.ts'
import { known } from '../../tools/start/services.ts'

export interface RunningSystem extends AsyncDisposable {
  /** From the start of the process to its line that all services are ready. */
  readonly readyMs: number
  /** Where each service answers. */
  readonly urls: Readonly<Record<string, string>>
}

/** Resolves when all of it is ready. */
export async function startSystem(
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningSystem> {
  const ports = await freePortVariables()
  const startedAt = performance.now()
  const child = spawn(process.execPath, [join(root, 'tools/start.ts')], {
    env: { PATH: process.env.PATH ?? '', RATE_LIMITS: 'off', DATA_DIR: dataDir, ...ports, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const lines: string[] = []
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (lines.push(line) && line.includes('| ready after')) resolve()
    })
  })
  await Promise.race([ready, ended.then(() => Promise.reject(new Error(`it ended: ${lines.join('\n')}`)))])
  return {
    readyMs: performance.now() - startedAt,
    urls: Object.fromEntries(known.map((one) => [one.name, `http://127.0.0.1:${ports[one.ports[0]?.variable ?? '']}`])),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
