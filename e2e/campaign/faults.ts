/** The faults, as data: how often each is drawn, what it is done to, how long it lasts, and how it begins and ends. */
import { crashPoints } from '@vestnik/bus'
import type { Chance } from './chance.ts'
import type { Targets } from './targets.ts'

export interface Fault {
  readonly name: string
  readonly weight: number
  readonly of: keyof Targets
  /** Between beginning and end, in milliseconds. */
  readonly lastsMs: readonly [number, number]
  /** What else is drawn for it. */
  readonly draw?: (chance: Chance) => string
  begin(targets: Targets, name: string, drawn: string): Promise<void> | void
  end(targets: Targets, name: string): Promise<void> | void
  /** Counts as a kill. */
  readonly kills?: true
}

/** Longer than the leases of the outbox and of the embedded broker, and than the sessions of the other two. */
const stopMs = [7_000, 12_000] as const
/** What a process that is started again does at once would be its only work. */
const restMs = [300, 1_500] as const

/** An operator's point is met by nobody here. */
const points = crashPoints.filter((point) => !point.startsWith('operate.'))

export const faults: readonly Fault[] = [
  { name: 'kill a service', weight: 14, of: 'services', ...killing('services', restMs) },
  { name: 'stop a service', weight: 2, of: 'services', ...stopping('services') },
  {
    name: 'kill a service at a crash point',
    weight: 5,
    of: 'services',
    lastsMs: [1_000, 3_000],
    draw: (chance) => `${chance.pick(points)} ${Math.floor(chance.between(1, 4))}`,
    begin({ services }, name, drawn) {
      const [point = '', time] = drawn.split(' ')
      services.get(name)?.arm?.(point, Number(time))
    },
    end: ({ services }, name) => services.get(name)?.start(),
  },
  { name: 'kill a broker', weight: 3, of: 'brokers', ...killing('brokers', [200, 3_000]) },
  { name: 'stop a broker', weight: 1, of: 'brokers', ...stopping('brokers') },
  { name: 'kill a database', weight: 3, of: 'databases', ...killing('databases', [200, 3_000]) },
  { name: 'stop a database', weight: 1, of: 'databases', ...stopping('databases') },
  {
    name: 'cut links',
    weight: 3,
    of: 'links',
    lastsMs: [0, 2_000],
    begin({ links }, name) {
      links.get(name)?.refuse(true)
      links.get(name)?.cut()
    },
    end: ({ links }, name) => links.get(name)?.refuse(false),
  },
  {
    name: 'silence links',
    weight: 1,
    of: 'links',
    lastsMs: stopMs,
    begin: ({ links }, name) => links.get(name)?.silence(),
    end: ({ links }, name) => links.get(name)?.cut(),
  },
  {
    name: 'fill the disk',
    weight: 1,
    of: 'disks',
    lastsMs: [1_000, 4_000],
    begin: ({ disks }, name) => disks.get(name)?.fill(),
    end: ({ disks }, name) => disks.get(name)?.makeRoom(),
  },
]

type Deadly = 'services' | 'brokers' | 'databases'

function killing(kind: Deadly, lastsMs: Fault['lastsMs']): Pick<Fault, 'lastsMs' | 'begin' | 'end' | 'kills'> {
  return {
    lastsMs,
    kills: true,
    begin: (targets, name) => targets[kind].get(name)?.kill(),
    end: (targets, name) => targets[kind].get(name)?.start(),
  }
}

function stopping(kind: Deadly): Pick<Fault, 'lastsMs' | 'begin' | 'end'> {
  return {
    lastsMs: stopMs,
    begin: (targets, name) => targets[kind].get(name)?.freeze(),
    end: (targets, name) => targets[kind].get(name)?.thaw(),
  }
}
