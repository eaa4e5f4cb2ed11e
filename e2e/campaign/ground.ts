/** All that a campaign runs on: services, brokers, databases, a small disk; with the ways to hurt each, and gone at its end. */
import { join } from 'node:path'
import { guardedFolder, removeFolder } from '../../tools/brokers/guarded.ts'
import { type Mailbox, openMailbox } from '../../tools/client/mailbox.ts'
import type { Placed } from '../../tools/start/ports.ts'
import { environmentOf, readSettings } from '../../tools/start/settings.ts'
import type { Books } from './books.ts'
import { type BrokerName, startBrokers } from './brokers.ts'
import { type DatabaseName, startDatabases } from './databases.ts'
import { openDisk } from './disk.ts'
import { type RunningInstance, startInstance } from './instances.ts'
import { placeServices } from './places.ts'
import type { Mortal, TargetKind, Targets } from './targets.ts'

export interface GroundOptions {
  readonly broker: BrokerName
  readonly database: DatabaseName
  /** Of each service. */
  readonly instances: number
}

export interface Ground extends AsyncDisposable {
  /** The gateway's address. */
  readonly url: string
  readonly mailbox: Mailbox
  readonly books: Books
  readonly targets: Targets
  readonly instances: readonly RunningInstance[]
  /** The lines that the gateways printed for sign-ins. */
  readonly printed: readonly string[]
  /** What cannot be hurt here. */
  readonly lacking: readonly TargetKind[]
  /** What of the faults cannot be done here, and why. */
  readonly leftOut: readonly string[]
}

/** Resolves when all of it is ready. */
export async function openGround(options: GroundOptions): Promise<Ground> {
  const stack = new AsyncDisposableStack()
  try {
    return await build(options, stack)
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function build(
  { broker, database, instances: count }: GroundOptions,
  stack: AsyncDisposableStack,
): Promise<Ground> {
  const folder = await guardedFolder('campaign')
  stack.defer(() => removeFolder(folder))
  const dataDir = join(folder, 'data')
  const disk = stack.use(openDisk(dataDir))
  const brokers = await startBrokers(broker, stack)
  const databases = await startDatabases(database, dataDir, stack)
  const environment = { DATA_DIR: dataDir, RATE_LIMITS: 'off', ...brokers.environment, ...databases.environment }
  const settings = readSettings(environment)
  const instances: RunningInstance[] = []
  const places = await placeServices(count, (name) => instances.filter((one) => one.service === name), stack)
  const fronts = places.map(({ front }) => front)
  const printed: string[] = []
  stack.defer(async () => void (await Promise.all(instances.map((one) => one[Symbol.asyncDispose]()))))
  for (const { own } of places) {
    for (const [i, one] of own.entries()) instances.push(start(one, i + 1))
  }
  await Promise.all(instances.map((one) => one.untilReady()))

  function start(one: Placed, number: number): RunningInstance {
    return startInstance({
      service: one.name,
      number,
      file: one.service.file,
      port: Object.values(one.ports)[0] ?? 0,
      environment: environmentOf(one, fronts, settings),
      folder,
      line: (text) => void (text.startsWith('User logged in') && printed.push(text)),
    })
  }

  const servers = [...brokers.servers, ...databases.servers]
  const canFill = database === 'sqlite' || broker === 'sqlite'
  return {
    url: urlOf(fronts, 'gateway'),
    mailbox: openMailbox(urlOf(fronts, 'mailbox')),
    books: databases.books,
    instances,
    printed,
    lacking: disk.lack === undefined ? [] : ['disks'],
    leftOut: canFill && disk.lack !== undefined ? [`fill the disk: ${disk.lack}`] : [],
    targets: {
      // What arrives in the mailbox is what people have: it stands outside.
      services: new Map(instances.filter(({ service }) => service !== 'mailbox').map((one) => [one.name, one])),
      brokers: new Map(brokers.servers.map(({ name, node }) => [name, mortal(node)])),
      databases: new Map(databases.servers.map(({ name, node }) => [name, mortal(node)])),
      links: new Map([
        ...places.flatMap(({ front, links }) => (links ? [[front.name, links] as const] : [])),
        ...servers.map(({ name, links }) => [name, links] as const),
      ]),
      disks: new Map(canFill ? [['data', disk]] : []),
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const urlOf = (fronts: readonly Placed[], name: string): string => fronts.find((one) => one.name === name)?.url ?? ''

/** A node can do more, which faults must not. */
const mortal = ({ kill, start, freeze, thaw }: Mortal): Mortal => ({ kill, start, freeze, thaw })
