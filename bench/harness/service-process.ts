/** One of our services in a process of its own, as `npm run start:<service>` runs it. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../../tools/start/free-ports.ts'

export interface ServiceProcess extends AsyncDisposable {
  readonly pid: number
  readonly url: string
}

/** Resolves when it is ready. What it logs is dropped, unless it ends before. */
export async function startService(
  name: 'gateway' | 'users' | 'films' | 'mailer',
  environment: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const [port] = await freePorts(1)
  const child = fork(fileURLToPath(new URL(`../../services/${name}/main.ts`, import.meta.url)), [], {
    cwd: environment.DATA_DIR,
    env: { PATH: process.env.PATH ?? '', RATE_LIMITS: 'off', PORT: String(port), ...environment },
    execArgv: profileArgs(name),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const log: string[] = []
  child.stderr?.on('data', (data) => log.push(String(data)))
  const ended = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`
  await Promise.race([untilReady(url), ended.then(() => Promise.reject(new Error(`${name} ended: ${log.join('')}`)))])
  return {
    pid: child.pid ?? 0,
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

function profileArgs(name: string): string[] {
  const folder = process.env.BENCH_PROFILE
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}/${name}`] : []
}

async function untilReady(url: string): Promise<void> {
  const late = AbortSignal.timeout(20_000)
  while (!(await isReady(url))) {
    late.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function isReady(url: string): Promise<boolean> {
  return await fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  )
}
