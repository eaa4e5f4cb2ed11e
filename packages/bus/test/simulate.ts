/**
 * One simulated run of the real engine: two relays and up to three readers share their databases and a broker, under a
 * clock that only the simulation moves, with kills, stops, lost memberships, doubtful publishes, failed and unknown
 * commits, and people who replay, edit and drop. Then everything heals, and the account must be right.
 */
import { openSqliteStore } from '@vestnik/store-sqlite'
import { memoryBroker, type TestClock, testClock, watchWork } from '@vestnik/testing'
import type { Bus } from '../bus.ts'
import { openBus } from '../open-bus.ts'
import { operationsOn } from '../operations-on.ts'
import { migrate } from '../schema.ts'
import type { Store } from '../store.ts'
import { systemPorts } from '../system.ts'
import { type Broken, findBroken, keepBooks } from './account.ts'
import { type Chance, chanceOf } from './chance.ts'
import { errorWhen, handlerOf, type Outside } from './handlers.ts'
import { type Faults, type Life, type Member, memberOf, portsOf, storeOf } from './process.ts'
import { contractOf, maxBodyBytes, type Scripted, type Setting, scriptOf, settingOf } from './script.ts'

export interface Run {
  readonly seed: number
  readonly setting: Setting
  readonly messages: number
  readonly kills: number
  /** What does not hold; empty when all promises were kept. */
  readonly broken: readonly Broken[]
}

/** How long things go wrong, and how long healing may take: virtual milliseconds. */
const chaosMs = 40_000
const healMs = 600_000

export interface World {
  readonly chance: Chance
  readonly clock: TestClock
  readonly faults: Faults
  readonly setting: Setting
  readonly script: readonly Scripted[]
  readonly publisherStore: Store
  readonly readerStore: Store
  readonly outside: Outside[]
  /** The id under which each message was published. */
  readonly ids: Map<number, string>
  /** What the broker still has for the readers. */
  readonly kept: () => number
  kills: number
}

interface Process {
  readonly start: () => Promise<void>
  readonly kill: () => void
  readonly stop: (ms: number) => void
  readonly loseMembership: () => Promise<void>
  readonly isAlive: () => boolean
}

export async function simulate(seed: number, given: Partial<Setting> = {}): Promise<Run> {
  const chance = chanceOf(seed)
  const setting = { ...settingOf(chance), ...given }
  const script = scriptOf(chance)
  const { store: publisherStore, idle: publisherIdle } = watchWork(await openSqliteStore(':memory:'))
  const { store: readerStore, idle: readerIdle } = watchWork(await openSqliteStore(':memory:'))
  await migrate(readerStore, systemPorts)
  await keepBooks(readerStore)
  const clock = testClock(undefined, () => !publisherIdle() || !readerIdle())
  const faults = { on: true, commitFailed: 0.01, commitUnknown: 0.02, doubtful: 0.06, crash: 0.004 }
  const broker = memoryBroker({ sleep: clock.sleep, maxBodyBytes, pauseMs: 40 })
  const world: World = {
    chance,
    clock,
    faults,
    setting,
    script,
    publisherStore,
    readerStore,
    outside: [],
    ids: new Map(),
    kept: () => broker.kept('simulated'),
    kills: 0,
  }
  const contract = contractOf(setting)
  let ids = 0
  const newId = () => `i${++ids}`

  const relays = [0, 1].map(() => processOf(world, publisherStore, 'publisher', broker.open, newId, []))
  const readers = Array.from({ length: setting.consumers }, () =>
    processOf(world, readerStore, 'reader', broker.open, newId, undefined),
  )
  const all = [...relays, ...readers]
  for (const process of all) await startWhileTimeMoves(process, clock)
  const writing = writeScript(world, relays)
  await live(world, all, readers)
  await heal(world, all, writing)
  const broken = await findBroken(world)
  for (const process of all) process.kill()
  await publisherStore.close()
  await readerStore.close()
  return { seed, setting, messages: script.length, kills: world.kills, broken }

  function processOf(
    world: World,
    store: Store,
    service: string,
    open: () => ReturnType<typeof broker.open>,
    id: () => string,
    handlers: readonly [] | undefined,
  ): Process & { readonly bus: () => Bus | undefined } {
    let life: Life = { dead: true, stoppedUntil: 0, died: () => {} }
    let member: Member | undefined
    let bus: Bus | undefined
    const kill = () => {
      world.kills += 1
      life.dead = true
      bus = undefined
      void member?.close()
    }
    return {
      bus: () => bus,
      isAlive: () => !life.dead,
      kill,
      stop: (ms) => {
        life.stoppedUntil = clock.now() + ms
      },
      loseMembership: async () => member?.loseMembership(),
      async start() {
        if (!life.dead) return
        const mine: Life = { dead: false, stoppedUntil: 0, died: kill }
        life = mine
        member = memberOf(mine, open, clock, chance, faults)
        const opened = await openBus({
          service,
          store: storeOf(mine, store, clock, chance, faults),
          transport: member,
          ports: portsOf(mine, clock, chance, faults, id),
          handlers: handlers ?? [handlerOf(world, contract, mine)],
          publishes: [contract],
          heldLimit: setting.heldLimit,
          log: errorWhen(world),
        }).catch(kill) // a process whose start fails is started again
        if (life === mine && !mine.dead && opened) bus = opened
      },
    }
  }

  async function writeScript({ script }: World, relays: readonly ReturnType<typeof processOf>[]): Promise<void> {
    for (const one of script) {
      await clock.sleep(chance.whole(1, 900))
      await writeOne(one, relays)
    }
  }

  async function writeOne(one: Scripted, relays: readonly ReturnType<typeof processOf>[]): Promise<void> {
    const payload = { n: one.n, key: one.key, ...(one.huge && { filling: 'x'.repeat(maxBodyBytes) }) }
    const options = {
      ...(one.delayMs !== undefined && { notBefore: clock.now() + one.delayMs }),
      ...(one.lifeMs !== undefined && { expires: clock.now() + one.lifeMs }),
    }
    for (;;) {
      const bus = relays.map((relay) => relay.bus()).find((found) => found !== undefined)
      // Straight on the shared database: the caller of a commit that was answered with an error tries again by itself.
      const done =
        bus &&
        (await publisherStore
          .transaction((tx) => bus.publish(tx, contract, payload, options))
          .then(
            (id) => world.ids.set(one.n, id),
            () => undefined,
          ))
      if (done) return
      await clock.sleep(50)
    }
  }
}

async function startWhileTimeMoves(process: Process, clock: TestClock): Promise<void> {
  let started = false
  void process.start().then(() => {
    started = true
  })
  while (!started && process.isAlive()) await clock.next()
}

/** Things go wrong. */
async function live(world: World, all: readonly Process[], readers: readonly Process[]): Promise<void> {
  const { clock, chance, setting } = world
  const end = clock.now() + chaosMs
  const people = setting.people ? operationsOn(world.readerStore, clock.now) : undefined
  while (clock.now() < end) {
    await clock.advance(chance.whole(50, 700))
    const process = chance.pick(all as [Process, ...Process[]])
    const drawn = chance.next()
    if (drawn < 0.2) process.kill()
    else if (drawn < 0.35) process.stop(chance.whole(100, 8_000))
    else if (drawn < 0.6) await chance.pick(readers as [Process, ...Process[]]).loseMembership()
    for (const one of all) if (!one.isAlive() && chance.happens(0.5)) await startWhileTimeMoves(one, clock)
    if (people && chance.happens(0.4)) await meddle(world, people)
  }
}

/** A person decides on what they saw, perhaps twice, perhaps on something that has changed since. */
async function meddle(world: World, people: ReturnType<typeof operationsOn>): Promise<void> {
  const { chance, clock } = world
  const letters = await people.listDead()
  if (letters.length === 0) return
  const letter = chance.pick(letters as [(typeof letters)[number], ...(typeof letters)[number][]])
  const clicks = chance.happens(0.3) ? 2 : 1
  for (let click = 0; click < clicks; click += 1) {
    const decision = { who: 'person', revision: letter.revision, force: chance.happens(0.3) }
    const what = chance.whole(0, 3)
    const refused = () => undefined // for what has changed since, or needs force
    if (what === 0) await people.drop(letter, decision).catch(refused)
    else if (what === 1) await people.edit(letter, await editedBody(people, letter), decision).catch(refused)
    else await people.replay(letter, decision).catch(refused)
    if (chance.happens(0.5)) await clock.advance(chance.whole(1, 300))
  }
}

async function editedBody(
  people: ReturnType<typeof operationsOn>,
  letter: { readonly pos: number },
): Promise<Uint8Array> {
  const detail = await people.show(letter.pos).catch(() => undefined)
  if (!detail) return new TextEncoder().encode('{}')
  const payload = JSON.parse(new TextDecoder().decode(detail.body)) as object
  return new TextEncoder().encode(JSON.stringify({ ...payload, edited: true }))
}

/** Nothing goes wrong any more: all must come to rest by itself, but dead letters and what was set aside. Then a person ends those. */
async function heal(world: World, all: readonly Process[], writing: Promise<void>): Promise<void> {
  const { clock, faults, chance } = world
  faults.on = false
  const people = operationsOn(world.readerStore, clock.now)
  const publishers = operationsOn(world.publisherStore, clock.now)
  let written = false
  void writing.then(() => {
    written = true
  })
  const end = clock.now() + healMs
  for (let round = 0; clock.now() < end; round += 1) {
    for (const one of all) if (!one.isAlive()) await startWhileTimeMoves(one, clock)
    await clock.advance(1_000)
    const waiting = (await publishers.listOutbox()).length
    if (written && waiting === 0 && (await atRest(world))) return
    if (round % 10 !== 9) continue
    for (const { pos } of await publishers.listOutbox({ state: 'aside' })) await publishers.dropAside(pos, 'healer')
    for (const letter of await people.listDead()) {
      const decision = { who: 'healer', revision: letter.revision, force: true }
      if (chance.happens(0.5)) await people.edit(letter, await editedBody(people, letter), decision)
      else await people.drop(letter, decision)
    }
  }
}

async function atRest({ readerStore, kept }: World): Promise<boolean> {
  if (kept() > 0) return false
  const rows = await readerStore.read((tx) =>
    tx.query("SELECT 1 FROM vestnik_inbox WHERE state IN ('held', 'dead') LIMIT 1", []),
  )
  return rows.length === 0
}
