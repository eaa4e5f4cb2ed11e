/** The worker thread: the only one that touches the broker's file. It takes turns between publishing and reading. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { createAppender } from './append.ts'
import { crasher } from './crash.ts'
import { type BrokerFile, checkVersion, FileFault, faultOf, openFile } from './file.ts'
import { openNotice } from './notice.ts'
import type { Fault, Frame, FromWorker, HandedOut, NewSubscription, ToWorker, WorkerSettings } from './protocol.ts'
import { createReader, type Reader } from './reader.ts'
import { ensureTopology, groupKey, type KnownTopology, readChanges, readTopology } from './topology.ts'
import { createUpkeep } from './upkeep.ts'

const settings: WorkerSettings = workerData
const { path, leaseMs, lockMs } = settings

/** About how much one commit publishes at most. */
const commitBytes = 4 * 1024 * 1024

/** How long reading rests after it failed. */
const restMs = 100

type Port = NonNullable<typeof parentPort>

if (parentPort) await open(parentPort)

async function open(port: Port): Promise<void> {
  try {
    let onLocked = (_: Fault) => {}
    const file = await openFile(path, lockMs, (fault) => onLocked(fault))
    onLocked = serve(port, file)
  } catch (error) {
    const fault = faultOf(error, `open broker file ${path}`)
    port.postMessage({ kind: 'fault', call: undefined, fault } satisfies FromWorker)
    port.close()
  }
}

/** Answers the way to say that the file is locked for long. */
function serve(port: Port, file: BrokerFile): (fault: Fault) => void {
  const post = (message: FromWorker, transfer: readonly ArrayBuffer[] = []) => port.postMessage(message, [...transfer])
  const crash = crasher(settings.crashAt)
  const notice = openNotice(path)
  const upkeep = createUpkeep(file, path, crash)
  const readers = new Map<number, Reader>()
  let topology: KnownTopology = readTopology(file)
  let topologyChanges = readChanges(file)
  const frames: Frame[] = []
  const orders: (() => Promise<void>)[] = []
  let working = false
  let again = false
  let closing: readonly HandedOut[] | undefined
  let timer: NodeJS.Timeout | undefined
  let restUntil = 0
  let troubledSince: number | undefined
  let troubleText: string | undefined

  const appender = createAppender(file, (name) => topology.topics.get(name), refresh, crash)

  function refresh(): void {
    const changes = readChanges(file)
    if (changes === topologyChanges) return
    checkVersion(file.db, path)
    topology = readTopology(file)
    topologyChanges = changes
  }

  function receive(message: ToWorker): void {
    switch (message.kind) {
      case 'publish':
        frames.push(message.frame)
        break
      case 'ensure':
        orders.push(() => answer(message.call, () => ensure(message.topology)))
        break
      case 'subscribe':
        orders.push(() => answer(message.call, () => subscribe(message.subscription)))
        break
      case 'report':
        readers.get(message.report.no)?.report(message.report)
        break
      case 'close':
        closing = message.handedOut
        break
    }
    schedule()
  }

  async function answer(call: number, order: () => Promise<void>): Promise<void> {
    try {
      await order()
      post({ kind: 'done', call })
    } catch (error) {
      post({ kind: 'fault', call, fault: faultOf(error, `work on broker file ${path}`) })
    }
  }

  async function ensure(wanted: Parameters<typeof ensureTopology>[1]): Promise<void> {
    await file.write('ensure topology', true, () => ensureTopology(file, wanted))
    notice.touch()
  }

  async function subscribe(wanted: NewSubscription): Promise<void> {
    refresh()
    const at = `subscribe to topic ${wanted.topic} as group ${wanted.group}`
    const group = topology.groups.get(groupKey(wanted.topic, wanted.group))
    if (!group) throw new FileFault({ code: 'UNKNOWN_TOPIC', text: `${at}: the broker has no such group of a topic` })
    if (group.order !== wanted.order) {
      const text = `${at}: it has order '${group.order}', asked for was order '${wanted.order}'`
      throw new FileFault({ code: 'TOPOLOGY_CONFLICT', text })
    }
    notice.watch(wake)
    const ports = { leaseMs, post, crash, log, notice: notice.touch, trim: upkeep.trim }
    readers.set(wanted.no, createReader(file, wanted, group, ports))
  }

  function wake(): void {
    for (const reader of readers.values()) reader.wake()
    schedule()
  }

  const log = (text: string) => post({ kind: 'log', text })

  function schedule(): void {
    again = true
    if (working) return
    working = true
    void turns().finally(() => {
      working = false
    })
  }

  async function turns(): Promise<void> {
    clearTimeout(timer)
    while (again) {
      again = false
      // Lets all messages in that are waiting: what comes together is committed together.
      await nextTurn()
      for (const order of orders.splice(0)) await order()
      if (frames.length > 0) await append()
      for (const reader of readers.values()) await read(reader)
      if (closing && frames.length === 0 && orders.length === 0) return end(closing)
      upkeep.tidy()
    }
    const due = Math.min(...[...readers.values()].map((reader) => reader.due()))
    // A notice may get lost: each review of the lease looks for messages as well.
    if (Number.isFinite(due)) timer = setTimeout(wake, Math.max(1, due - Date.now(), restUntil - Date.now()))
  }

  async function append(): Promise<void> {
    // A bounded part, so that a flood does not keep the file locked for long.
    let bytes = 0
    const cut = frames.findIndex((frame) => {
      bytes += frame.buffer.byteLength
      return bytes > commitBytes
    })
    const { results, touched } = await appender.append(frames.splice(0, cut < 0 ? frames.length : Math.max(1, cut)))
    if (frames.length > 0) again = true
    const fault = results.find((result) => result.fault)?.fault
    if (fault) trouble(fault)
    else calm()
    if (touched.size > 0) {
      crash('publish.committed')
      notice.touch()
      crash('publish.noticed')
      for (const reader of readers.values()) if (touched.has(reader.topic)) reader.wake()
    }
    post({ kind: 'published', results })
  }

  async function read(reader: Reader): Promise<void> {
    try {
      if (await reader.step()) again = true
      if (reader.due() === Number.POSITIVE_INFINITY) readers.delete(reader.no)
      calm()
    } catch (error) {
      trouble(faultOf(error, `read from broker file ${path}`))
      restUntil = Date.now() + restMs
    }
  }

  function trouble(fault: Fault): void {
    if (troubledSince === undefined) log(fault.text)
    troubledSince ??= Date.now()
    if (troubleText === fault.text) return
    troubleText = fault.text
    post({ kind: 'health', health: { ready: false, reason: fault.text } })
  }

  function calm(): void {
    if (troubledSince === undefined) return
    log(`broker file ${path} works again after ${Date.now() - troubledSince} ms`)
    troubledSince = undefined
    troubleText = undefined
    post({ kind: 'health', health: { ready: true } })
  }

  async function end(handedOut: readonly HandedOut[]): Promise<void> {
    for (const reader of readers.values()) {
      const tags = handedOut.find((held) => held.no === reader.no)?.tags
      await reader.leave(new Set(tags)).catch((error) => log(faultOf(error, 'leave').text))
    }
    notice.close()
    file.close()
    post({ kind: 'closed' })
    port.close()
  }

  port.on('message', receive)
  post({ kind: 'open' })
  return trouble
}
