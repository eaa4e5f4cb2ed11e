/** Whether the whole way works, asked all the time: a sign-in is listed, and a code is mailed. */
import { setTimeout as sleep } from 'node:timers/promises'
import { logins } from '@vestnik/api'
import { ask } from '../../tools/client/ask.ts'
import type { Credentials } from '../../tools/client/person.ts'
import { join } from './load.ts'
import { askReset, signIn } from './sessions.ts'
import { insist, type Load, live, nextCode, pause } from './steps.ts'

/** One way that was gone from its first request to its last effect: milliseconds since 1970. */
export interface Trip {
  readonly from: number
  readonly to: number
}

/** Several, as one of them may wait for a mail whose claim must lapse. */
const probers = 3

/** Resolves when it is over; each trip is told when it has ended. */
export async function probe(load: Load, ended: (trip: Trip) => void): Promise<void> {
  const people = Array.from({ length: probers }, (_, i) => ({
    email: `prober${i}@example.org`,
    password: 'correct horse',
  }))
  await Promise.all(people.map((person) => live(load, () => travelAgain(load, person, ended))))
}

async function travelAgain(load: Load, person: Credentials, ended: (trip: Trip) => void): Promise<void> {
  await join(load, person)
  // A mail that is given up ends a way, and not all ways.
  while (!load.over.aborted) await live(load, () => travelOn(load, person, ended))
}

async function travelOn(load: Load, person: Credentials, ended: (trip: Trip) => void): Promise<void> {
  while (!load.over.aborted) {
    const from = Date.now()
    await Promise.all([untilListed(load, person, from), untilMailed(load, person)])
    ended({ from, to: Date.now() })
    await pause(load, 300)
  }
}

async function untilListed(load: Load, person: Credentials, from: number): Promise<void> {
  const { accessToken: token } = await signIn(load, person)
  while (!load.over.aborted) {
    const page = await insist(load, () =>
      ask(load.backend.url, logins.listLogins, { token, query: { page: 1, pageSize: 1 } }),
    )
    const [newest] = page.items
    if (newest && Date.parse(newest.timestamp) >= from) return
    await sleep(50)
  }
}

async function untilMailed(load: Load, person: Credentials): Promise<void> {
  await askReset(load, person)
  await nextCode(load, person.email)
}

/** How long after the moment the first way was gone that was begun after it. */
export function recoveredAfterMs(trips: readonly Trip[], at: number): number | undefined {
  const ends = trips.filter(({ from }) => from >= at).map(({ to }) => to)
  return ends.length === 0 ? undefined : Math.min(...ends) - at
}
