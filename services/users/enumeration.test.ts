/** Nobody learns whether an address has an account: not by status, body, headers, by what is done for it, or by time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Dialect, Store, Tx } from '@vestnik/bus'
import { type Answer, anna, cheap, open, type System } from './app.fixture.ts'
import { createLimits } from './limits.ts'
import { createPasswords, type Passwords } from './passwords.ts'

const confirmed = 'confirmed@example.org'
const unconfirmed = 'unconfirmed@example.org'
const unknown = 'unknown@example.org'
const { password } = anna

interface Work {
  hashes: number
  verified: number
  seals: number
  reads: number
  commits: number
}

/** A system whose slow work is counted, with one account of each kind. */
async function counted(t: Parameters<typeof open>[0], options: Parameters<typeof open>[1] = {}) {
  const work: Work = { hashes: 0, verified: 0, seals: 0, reads: 0, commits: 0 }
  const real = createPasswords({ cost: cheap, atOnce: 2 })
  const passwords: Passwords = {
    async hash(password) {
      work.hashes += 1
      return await real.hash(password)
    },
    async verify(password, stored) {
      work.verified += 1
      return await real.verify(password, stored)
    },
  }
  const seal = async (digits: string) => {
    work.seals += 1
    return digits
  }
  const around = (store: Store): Store => ({
    ...store,
    async transaction(given) {
      let wrote = false
      const result = await store.transaction(async (tx) => {
        const before = await changes(tx, store.dialect)
        const answer = await given(tx)
        wrote = (await changes(tx, store.dialect)) > before
        return answer
      })
      // A commit that writes nothing is not synced, and shows as a quicker answer.
      if (wrote) work.commits += 1
      return result
    },
    read(given) {
      work.reads += 1
      return store.read(given)
    },
  })
  const system = await open(t, { ...options, passwords, seal, around })
  await system.join({ email: confirmed, password })
  await system.post('/users', { email: unconfirmed, password })
  async function ask(url: string, body: object): Promise<{ answer: Answer; done: Work }> {
    const before = { ...work }
    const answer = await system.post(url, body)
    const done = { ...work }
    for (const name of Object.keys(done) as (keyof Work)[]) done[name] -= before[name]
    return { answer, done }
  }
  return { ...system, ask }
}

/** How many rows were changed on this connection so far; of PostgreSQL in this transaction, as far as the statistics go. */
async function changes(tx: Tx, dialect: Dialect): Promise<number> {
  const [row] = await tx.query(
    dialect === 'sqlite'
      ? 'SELECT total_changes() AS count'
      : 'SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) AS count FROM pg_stat_xact_user_tables',
    [],
  )
  return Number(row?.count)
}

interface Probe {
  readonly title: string
  readonly url: string
  readonly body: (email: string) => object
  readonly status: number
  readonly done: Partial<Work>
}

const probes: readonly Probe[] = [
  {
    title: 'signing up',
    url: '/users',
    body: (email) => ({ email, password: 'another horse' }),
    status: 201,
    done: { hashes: 1, seals: 1, commits: 1 },
  },
  {
    title: 'signing in with a wrong password',
    url: '/sessions',
    body: (email) => ({ email, password: 'wrong horse' }),
    status: 401,
    done: { verified: 1, reads: 1 },
  },
  {
    title: 'asking for another code',
    url: '/users/confirmations/resend',
    body: (email) => ({ email }),
    status: 202,
    done: { seals: 1, commits: 1 },
  },
  {
    title: 'asking for a new password',
    url: '/password-resets',
    body: (email) => ({ email }),
    status: 202,
    done: { seals: 1, commits: 1 },
  },
  {
    title: 'confirming with a wrong code',
    url: '/users/confirmations',
    body: (email) => ({ email, code: '000000' }),
    status: 422,
    done: { commits: 1 },
  },
  {
    title: 'setting a password with a wrong code',
    url: '/password-resets/confirm',
    body: (email) => ({ email, code: '000000', newPassword: 'another horse' }),
    status: 422,
    done: { hashes: 1, commits: 1 },
  },
]

/** What stands in an answer to a sign-up anyhow: the address that was given, and the next number. */
const told = ({ text }: Answer, email: string): string => text.replace(email, 'email').replace(/"id":\d+/, '"id":0')

const nothing: Work = { hashes: 0, verified: 0, seals: 0, reads: 0, commits: 0 }

for (const { title, url, body, status, done } of probes) {
  test(`${title} is answered alike for each kind of address, after the same work`, async (t) => {
    const { ask } = await counted(t)
    const asked = []
    for (const email of [unknown, unconfirmed, confirmed]) {
      const { answer, done: found } = await ask(url, body(email))
      assert.equal(answer.status, status)
      assert.deepEqual(found, { ...nothing, ...done })
      const headers = { ...answer.headers, 'content-length': '' }
      asked.push({ text: told(answer, email), headers })
    }
    assert.deepEqual(asked[1], asked[0])
    assert.deepEqual(asked[2], asked[0])
  })
}

for (const { title, url, body, status, done } of probes.filter((probe) => probe.done.seals === 1)) {
  test(`${title} does not show either that an address had its share of mails`, async (t) => {
    const limits = { perAddressAndHour: 1, perAddressAndDay: 2, perHour: 100 }
    const { ask, messages } = await counted(t, { mailLimits: limits })
    for (let i = 0; i < 3; i += 1) {
      for (const email of [unconfirmed, confirmed]) {
        const { answer, done: found } = await ask(url, body(email))
        assert.equal(answer.status, status)
        assert.deepEqual(found, { ...nothing, ...done })
      }
    }
    const mails = (await messages()).filter(({ topic }) => topic.startsWith('mail.'))
    assert.ok(mails.length <= 4, JSON.stringify(mails))
  })
}

test('a right password of an unconfirmed address is answered like a wrong one', async (t) => {
  const { ask } = await counted(t)
  const right = await ask('/sessions', { email: unconfirmed, password })
  const wrong = await ask('/sessions', { email: unconfirmed, password: 'wrong horse' })
  assert.deepEqual(right, wrong)
})

test('limits of failed sign-ins stop at the same count, whether there is an account or not', async (t) => {
  const system = await counted(t, { limits: createLimits(true) })
  const counts = []
  for (const [i, email] of [unknown, unconfirmed, confirmed].entries()) {
    const from = `192.0.2.${i + 1}`
    let count = 0
    while ((await system.post('/sessions', { email, password: 'wrong horse' }, from)).status === 401) count += 1
    counts.push(count)
  }
  assert.deepEqual(counts, [counts[0], counts[0], counts[0]])
})

/** The middle of each, asked in turn, so that what disturbs the machine disturbs both. */
async function medians(system: System, { url, body }: Probe): Promise<readonly [number, number]> {
  const times: readonly [number[], number[]] = [[], []]
  for (let i = 0; i < 60; i += 1) {
    for (const [kind, email] of [unknown, confirmed].entries()) {
      const start = performance.now()
      // A sign-up with an unknown address makes it known.
      await system.post(url, body(email === unknown ? `${i}${email}` : email))
      times[kind]?.push(performance.now() - start)
    }
  }
  const middle = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1] ?? 0
  return [middle(times[0]), middle(times[1])]
}

for (const probe of probes) {
  test(`${probe.title} takes as long for an unknown address as for a known one`, async (t) => {
    const system = await open(t)
    await system.join({ email: confirmed, password })
    const seen: (readonly [number, number])[] = []
    // A difference in the work shows each time, one of the machine does not.
    while (seen.length < 3) {
      const [one, other] = await medians(system, probe)
      if (Math.max(one, other) < 2 * Math.min(one, other) + 1) return
      seen.push([one, other])
    }
    assert.fail(`ms for an unknown and a known address, three times: ${JSON.stringify(seen)}`)
  })
}
