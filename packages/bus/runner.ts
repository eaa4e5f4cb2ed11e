/** The loop over the held messages of one place: it starts what is due, the first of each key, as many at once as the group allows. */
import { createBell } from './bell.ts'
import { isUndecided } from './deliver.ts'
import type { Engine } from './engine.ts'
import type { Inbox } from './inbox.ts'
import type { Candidate } from './inbox-search.ts'
import type { Place } from './place.ts'
import { heldRunner } from './run-held.ts'

export interface Runner {
  /** A message was just held and could run now: the table need not be searched for it. */
  ready(candidate: Candidate): void
  /** Something may have changed in the table: look, soon. */
  wake(): void
  /** Something certainly changed: look now. */
  wakeNow(): void
  /** Starts nothing new, and resolves when nothing runs. */
  stop(): Promise<void>
}

/** The table is searched at most this often for what nobody announced, and at least this often for all else. */
const searchMs = 200
const idleMs = 5_000
/** After so long a lane gives its place to others that wait. */
const turnMs = 1_000
/** Announced messages that are kept in mind; what comes on top is found by a search. */
const mostAnnounced = 1_000

export function startRunner(engine: Engine, inbox: Inbox, place: Place): Runner {
  const { store, ports, log } = engine
  const run = heldRunner(engine, inbox, place)
  const bell = createBell(ports)
  const running = new Map<string, Promise<void>>()
  let announced: Candidate[] = []
  let searched = 0
  let searchAt = 0
  let afterLane = ''
  let stopped = false
  const ended = loop()

  return {
    ready(candidate) {
      if (announced.length < mostAnnounced) announced.push(candidate)
      else wakeNow()
      bell.ring()
    },
    wake,
    wakeNow,
    async stop() {
      stopped = true
      bell.ring()
      await ended
      await Promise.all(running.values())
    },
  }

  function wake() {
    searchAt = Math.min(searchAt, searched + searchMs)
    bell.ring()
  }

  function wakeNow() {
    searchAt = 0
    bell.ring()
  }

  async function loop(): Promise<void> {
    while (!stopped) {
      startAnnounced()
      if (isFull()) await bell.wait(idleMs)
      else if (ports.now() >= searchAt) await search().catch(trouble)
      else await bell.wait(searchAt - ports.now())
    }
  }

  function isFull(): boolean {
    return running.size >= place.concurrency
  }

  function startAnnounced(): void {
    let next = 0
    while (!isFull() && next < announced.length) start(announced[next++] as Candidate)
    if (next > 0) announced = announced.slice(next)
  }

  async function search(): Promise<void> {
    searched = ports.now()
    searchAt = searched + idleMs
    const most = place.concurrency + running.size
    const { found, due } = await store.read(async (tx) => {
      const found = await inbox.candidates(tx, place, searched, afterLane, most)
      return { found, due: found.length > 0 ? undefined : await inbox.nextDue(tx, place, searched) }
    })
    const fresh = found.filter((candidate) => !running.has(slotOf(candidate)))
    const started = fresh.slice(0, place.concurrency - running.size)
    for (const candidate of started) start(candidate)
    const more = found.length >= most || started.length < fresh.length
    // The next search goes on behind the last lane, so that the first lanes of the alphabet starve no other.
    const wrapped = afterLane !== '' && !more
    afterLane = more ? ((started.length > 0 ? started : found).findLast(({ lane }) => lane !== null)?.lane ?? '') : ''
    if (wrapped || (more && fresh.length > 0)) searchAt = Math.min(searchAt, searched)
    else if (found.length > 0) searchAt = Math.min(searchAt, searched + searchMs)
    else if (due !== undefined) searchAt = Math.min(searchAt, due)
  }

  function start(candidate: Candidate): void {
    const slot = slotOf(candidate)
    if (running.has(slot)) return
    const work = runLane(candidate)
      .catch(trouble)
      .finally(() => {
        running.delete(slot)
        bell.ring()
      })
    running.set(slot, work)
  }

  /** Runs the message, and then what waits behind it in its lane. */
  async function runLane(candidate: Candidate): Promise<void> {
    const turnEnds = ports.now() + turnMs
    const goesOn = () => !stopped && ports.now() < turnEnds
    for (let next: Candidate | undefined = candidate; next; ) {
      const outcome = await run(next, goesOn)
      if (outcome === 'again' || outcome === 'held') return wake()
      const lane: string | null = next.lane
      if (lane === null) return
      if (!goesOn()) return wakeNow()
      next = await store.read((tx) => inbox.headOf(tx, place, lane, ports.now()))
    }
  }

  function trouble(error: unknown): void {
    const { topic, group } = place
    if (!isUndecided(error)) log({ level: 'error', message: 'could not look after held messages', topic, group, error })
    wake()
  }
}

/** Messages of one lane run one after another; those without one run by themselves. */
function slotOf({ lane, source, id }: Candidate): string {
  return lane === null ? `message ${source} ${id}` : `lane ${lane}`
}
