/** What the faults of a campaign did: how often something was killed, and how often printing may have been broken off. */
import { faults } from './faults.ts'
import type { RunningInstance } from './instances.ts'
import type { Struck } from './strike.ts'

type Killed = Pick<RunningInstance, 'service' | 'kills'>
type Fallen = Pick<Struck, 'fault' | 'target'>

const targetsOf = new Map(faults.map((fault) => [fault.name, fault.of]))
const deadly = new Set(faults.filter(({ kills }) => kills).map(({ name }) => name))

/** Services count their own, those at crash points too. */
export function killsBy(struck: readonly Fallen[], instances: readonly Killed[]): number {
  const servers = struck.filter(({ fault }) => deadly.has(fault) && targetsOf.get(fault) !== 'services').length
  return servers + instances.reduce((sum, one) => sum + one.kills(), 0)
}

/** Kills of gateways, and faults of them, of their links, and of the database and the disk that they print from. */
export function brokenOffBy(struck: readonly Fallen[], instances: readonly Killed[]): number {
  const gateways = instances.filter(({ service }) => service === 'gateway')
  return struck.filter(isUnderPrinting).length + gateways.reduce((sum, one) => sum + one.kills(), 0)
}

function isUnderPrinting({ fault, target }: Fallen): boolean {
  const of = targetsOf.get(fault)
  return of === 'databases' || of === 'disks' || target.startsWith('gateway') || target === 'postgres'
}
