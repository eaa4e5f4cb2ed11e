/** The main thread's end of the wire to the worker: calls, what comes back, health, and the end. */
import { Worker } from 'node:worker_threads'
import { BusError } from '@vestnik/bus/errors'
import type { Health } from '@vestnik/bus/transport'
import type { Fault, FromWorker, HandedOut, ToWorker, WorkerSettings } from './protocol.ts'

export type FromWorkerKind<Kind extends FromWorker['kind']> = Extract<FromWorker, { readonly kind: Kind }>
/** What the worker says about one subscription. */
export type ForSubscription = Extract<FromWorker, { readonly no: number }>

export interface Link {
  readonly path: string
  post(message: ToWorker, transfer?: readonly ArrayBuffer[]): void
  /** Sends what `make` makes with a call number, and settles as the worker answers. */
  call(make: (call: number) => ToWorker): Promise<void>
  onPublished(listener: (message: FromWorkerKind<'published'>) => void): void
  /** Called once when no more answers will come. */
  onEnd(listener: () => void): void
  onSubscription(no: number, listener: ((message: ForSubscription) => void) | undefined): void
  health(): Health
  /** Lets the worker end what it was given, then ends it. */
  close(handedOut: readonly HandedOut[]): Promise<void>
}

/** How long the worker may take to end its work at the close. */
const closeMs = 5000

export async function openLink(settings: WorkerSettings, log: (text: string) => void = () => {}): Promise<Link> {
  const worker = new Worker(workerFile(), { workerData: settings, stdout: false, stderr: false })
  const calls = new Map<number, { resolve: () => void; reject: (error: Error) => void }>()
  const subscriptions = new Map<number, (message: ForSubscription) => void>()
  let health: Health = { ready: true }
  let lastCall = 0
  let publishedListener: (message: FromWorkerKind<'published'>) => void = () => {}
  let endListener: () => void = () => {}
  const closed = Promise.withResolvers<void>()
  let ended: BusError | undefined

  function settle(call: number, fault?: Fault): void {
    const waiting = calls.get(call)
    calls.delete(call)
    if (fault) waiting?.reject(new BusError(fault.code, fault.text))
    else waiting?.resolve()
  }

  function end(error: BusError): void {
    if (ended) return
    ended = error
    for (const call of calls.values()) call.reject(error)
    calls.clear()
    for (const [no, listener] of subscriptions) listener({ kind: 'left', no })
    endListener()
    closed.resolve()
  }

  function receive(message: FromWorker): void {
    switch (message.kind) {
      case 'open':
        settle(0)
        break
      case 'done':
        settle(message.call)
        break
      case 'fault':
        settle(message.call ?? 0, message.fault)
        break
      case 'published':
        publishedListener(message)
        break
      case 'health':
        health = message.health
        break
      case 'log':
        log(message.text)
        break
      case 'closed':
        closed.resolve()
        break
      default:
        subscriptions.get(message.no)?.(message)
    }
  }

  worker.on('message', receive)
  worker.on('error', (error: Error) => {
    const reason = `work on broker file ${settings.path}: its thread ended: ${error.message}`
    health = { ready: false, reason }
    log(reason)
    end(new BusError('FILE_UNUSABLE', reason, { cause: error }))
  })
  worker.on('exit', () => end(new BusError('TRANSPORT_CLOSED', `the transport on ${settings.path} is closed`)))

  function call(make: (call: number) => ToWorker): Promise<void> {
    if (ended) return Promise.reject(ended)
    lastCall += 1
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    calls.set(lastCall, { resolve, reject })
    worker.postMessage(make(lastCall))
    return promise
  }

  const { promise: opened, resolve, reject } = Promise.withResolvers<void>()
  calls.set(0, { resolve, reject })
  await opened

  return {
    path: settings.path,
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    call,
    onPublished: (listener) => {
      publishedListener = listener
    },
    onEnd: (listener) => {
      endListener = listener
    },
    onSubscription: (no, listener) => {
      if (listener) subscriptions.set(no, listener)
      else subscriptions.delete(no)
    },
    health: () => health,
    async close(handedOut): Promise<void> {
      if (!ended) worker.postMessage({ kind: 'close', handedOut } satisfies ToWorker)
      const late = setTimeout(closed.resolve, closeMs)
      await closed.promise
      clearTimeout(late)
      health = { ready: false, reason: `the transport on ${settings.path} is closed` }
      await worker.terminate()
    },
  }
}

/** The worker stands beside this file, as source or as it was built. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)
}
