/** Small programs beside the laws: the child serves commands, the parent calls them, and may kill or stop the child. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { BusError, PublishError, type Refusal } from '@vestnik/bus/errors'
import { within } from './waiting.ts'

export type Commands = Readonly<Record<string, (...values: never[]) => unknown>>

interface Call {
  readonly call: number
  readonly command: string
  readonly values: readonly never[]
}

interface Answer {
  readonly call: number
  readonly result?: unknown
  readonly error?: PlainError
}

interface PlainError {
  readonly message: string
  readonly code?: BusError['code']
  readonly doubtful?: readonly string[]
  readonly refused?: readonly Refusal[]
}

/** In the child: answers the parent's calls, and ends with the parent. */
export function serve(commands: Commands): void {
  process.on('disconnect', () => process.exit())
  process.on('message', async ({ call, command, values }: Call) => {
    const answer: Answer = await answerTo(commands, command, values).then(
      (result) => ({ call, result }),
      (error) => ({ call, error: plain(error) }),
    )
    // The parent may be gone; then there is nobody to tell.
    if (process.connected) process.send?.(answer)
  })
}

async function answerTo(commands: Commands, command: string, values: readonly never[]): Promise<unknown> {
  const run = commands[command]
  if (!run) throw new Error(`no command ${command}`)
  return await run(...values)
}

function plain(error: unknown): PlainError {
  if (!(error instanceof Error)) return { message: String(error) }
  if (!(error instanceof BusError)) return { message: error.stack ?? error.message }
  const { message, code } = error
  if (!(error instanceof PublishError)) return { message, code }
  return { message, code, doubtful: error.doubtful, refused: error.refused }
}

function revived({ message, code, doubtful, refused }: PlainError): Error {
  if (doubtful && refused) return new PublishError(message, { doubtful, refused })
  return code ? new BusError(code, message) : new Error(message)
}

export interface Child {
  readonly pid: number
  /** Rejects with the child's own error, when the child ends first, or when the patience is over. */
  call(command: string, ...values: readonly unknown[]): Promise<unknown>
  /** SIGSTOP, SIGCONT. */
  signal(name: NodeJS.Signals): void
  /** SIGKILL. Resolves when the process is gone. */
  kill(): Promise<void>
}

/** In the parent: starts a program that `serve`s. It ends at the latest with this process. */
export function startChild(program: URL, { patienceMs }: { readonly patienceMs: number }): Child {
  const child = fork(program, {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // How modules are found is inherited, the test runner's own options are not; and memory is measured without garbage.
    execArgv: [...process.execArgv.filter((it) => /^--(conditions|import|require)=/.test(it)), '--expose-gc'],
  })
  const calls = new Map<number, (answer: Answer) => void>()
  const gone = once(child, 'exit')
  let count = 0
  const endAll = () => child.kill('SIGKILL')
  process.once('exit', endAll)
  child.on('message', (answer: Answer) => calls.get(answer.call)?.(answer))
  child.once('exit', (status, signal) => {
    process.removeListener('exit', endAll)
    const message = `the process ${child.pid} ended (${signal ?? status}) before it answered`
    for (const [call, settle] of calls) settle({ call, error: { message } })
  })
  return {
    pid: child.pid ?? 0,
    async call(command, ...values) {
      count += 1
      const call = count
      const answer = new Promise<Answer>((settle) => calls.set(call, settle))
      send(child, { call, command, values })
      const { error, result } = await within(patienceMs, answer, `${command} in process ${child.pid}`)
      calls.delete(call)
      if (error) throw revived(error)
      return result
    },
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

function send(child: ChildProcess, message: { call: number; command: string; values: readonly unknown[] }): void {
  // An error here means that the child is gone, which its exit tells better.
  child.send(message, () => {})
}

/** A program of this package beside the file that asks, from sources or built. */
export function programBeside(url: string, name: string): URL {
  return new URL(`${name}${url.endsWith('.ts') ? '.ts' : '.js'}`, url)
}
