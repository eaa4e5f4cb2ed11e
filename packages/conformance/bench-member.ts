/** The members of a law's bench: in this process, or each in one of its own. */
import type { Transport } from '@vestnik/bus'
import type { Journal } from './journal.ts'
import { type Entry, type Member, memberOn, now } from './member.ts'
import { isByName, type Opening, openHere } from './opening.ts'
import { type Child, programBeside, startChild } from './process.ts'
import { within } from './waiting.ts'

/** A member that a law may also kill, stop and wake. These three need a process of its own. */
export interface BenchMember extends Member {
  readonly name: string
  kill(): Promise<void>
  /** SIGSTOP. */
  stop(): void
  /** SIGCONT. */
  wake(): void
  /** Notes that it is gone, then closes it. */
  leave(): Promise<void>
}

export interface OpenMember extends BenchMember {
  /** Ends it, whatever state it is in. */
  discard(): Promise<void>
}

export async function openInside(
  opening: Opening<Transport>,
  name: string,
  journal: Journal<Entry>,
  patienceMs: number,
): Promise<OpenMember> {
  const transport = await within(patienceMs, openHere(opening), 'open')
  const member = memberOn(transport, name, journal)
  const impossible = () => {
    throw new Error(`${name} has no process of its own`)
  }
  const call = <T>(command: string, promise: Promise<T>) => within(patienceMs, promise, `${command} at ${name}`)
  return asMember(name, journal, (command, values) => call(command, run(member, command, values)), {
    kill: impossible,
    stop: impossible,
    wake: impossible,
    discard: () => call('close', transport.close()),
  })
}

async function run(member: Member, command: keyof Member, values: readonly unknown[]): Promise<unknown> {
  const method = member[command] as (...values: readonly unknown[]) => unknown
  return await method(...values)
}

export async function openElsewhere(
  opening: Opening<Transport>,
  name: string,
  journal: Journal<Entry>,
  journalPath: string,
  patienceMs: number,
): Promise<OpenMember> {
  if (!isByName(opening)) throw new Error('several processes need an opening by name')
  const child: Child = startChild(programBeside(import.meta.url, 'member-process'), { patienceMs })
  try {
    await child.call('open', opening, name, journalPath)
  } catch (error) {
    await child.kill()
    throw error
  }
  return asMember(name, journal, (command, values) => child.call('run', command, values), {
    kill: () => child.kill(),
    stop: () => child.signal('SIGSTOP'),
    wake: () => child.signal('SIGCONT'),
    discard: () => child.kill(),
  })
}

type Controls = Pick<OpenMember, 'kill' | 'stop' | 'wake' | 'discard'>

/** A member whose commands go through `call`. What leaves is noted before it does, so that no takeover is noted earlier. */
function asMember(
  name: string,
  journal: Journal<Entry>,
  call: (command: keyof Member, values: readonly unknown[]) => Promise<unknown>,
  controls: Controls,
): OpenMember {
  const through =
    <Command extends keyof Member>(command: Command) =>
    (...values: Parameters<Member[Command]>) =>
      call(command, values) as ReturnType<Member[Command]>
  const gone = (how: { readonly killed?: true } = {}) =>
    journal.note({ what: 'gone', member: name, atMs: now(), ...how })
  const close = through('close')
  return {
    name,
    traits: through('traits'),
    health: through('health'),
    ensure: through('ensure'),
    publish: through('publish'),
    flood: through('flood'),
    endFlood: through('endFlood'),
    subscribe: through('subscribe'),
    release: through('release'),
    drain: through('drain'),
    residentMiB: through('residentMiB'),
    close,
    kill() {
      gone({ killed: true })
      return controls.kill()
    },
    stop() {
      gone()
      controls.stop()
    },
    wake: controls.wake,
    leave() {
      gone()
      return close()
    },
    discard: controls.discard,
  }
}
