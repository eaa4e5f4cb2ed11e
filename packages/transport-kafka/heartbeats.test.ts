/** Heartbeats of one member, to a coordinator that the test is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { codes, errorOf } from './broker-errors.ts'
import type { Heartbeat, Pulse } from './coordinator.ts'
import { startHeartbeats } from './heartbeats.ts'

type Answer = (heartbeat: Heartbeat, nth: number) => Error | undefined

function bench(answer: Answer = () => undefined, former?: string) {
  const beats: Heartbeat[] = []
  const sessions: (number | Error)[] = []
  const asked = { sessions: 0 }
  const ended: string[] = []
  const heartbeats = startHeartbeats({
    coordinator: {
      async beat(heartbeat): Promise<Pulse> {
        beats.push(heartbeat)
        const error = answer(heartbeat, beats.length)
        if (error) throw error
        return { epoch: 1, intervalMs: 20, assigned: undefined }
      },
      commit: async () => new Map(),
      committed: () => assert.fail('nobody asks'),
      async sessionMs() {
        asked.sessions += 1
        const found = sessions.shift()
        if (found instanceof Error) throw found
        return found
      },
    },
    ...{ sessionMs: 6000, former, owned: () => [], assigned: () => {} },
    ended: (why) => void ended.push(why),
  })
  return { heartbeats, beats, sessions, asked, ended }
}

test('who was a member before leaves as that first, again until the broker has heard it', async () => {
  const { heartbeats, beats } = bench((_, nth) => {
    if (nth === 1) return new Error('the connection broke')
    if (nth === 2) return errorOf(codes.coordinatorLoading)
    return nth === 3 ? errorOf(codes.unknownMember) : undefined
  }, 'former')
  await heartbeats.joined
  await heartbeats.end()
  const { memberId } = heartbeats.member()
  assert.deepEqual(
    beats.slice(0, 4).map((beat) => [beat.memberId, beat.epoch]),
    [...Array.from({ length: 3 }, () => ['former', -1]), [memberId, 0]],
  )
  assert.deepEqual([beats.at(-1)?.memberId, beats.at(-1)?.epoch], [memberId, -1])
})

test('who does not know whether it has joined leaves all the same', async () => {
  const { heartbeats, beats } = bench(() => new Error('the connection broke'))
  while (beats.length === 0) await sleep(1)
  await heartbeats.end()
  assert.deepEqual(beats.at(-1)?.epoch, -1)
})

test('the session is asked for again when nobody has answered', async () => {
  const { heartbeats, sessions, asked } = bench()
  sessions.push(new Error('the connection broke'), 0)
  await heartbeats.joined
  while (asked.sessions < 2) await sleep(5)
  // One of 0 ms is over at once.
  while (heartbeats.isAlive()) await sleep(5)
  await heartbeats.end()
})

for (const code of [codes.groupRefused, codes.topicRefused, codes.groupIdInvalid, codes.versionNotSupported]) {
  test(`a member that is refused for good joins no further: ${errorOf(code).message}`, async () => {
    const { heartbeats } = bench(() => errorOf(code))
    await assert.rejects(
      heartbeats.joined,
      (error) => error instanceof Error && error.message === errorOf(code).message,
    )
    await heartbeats.end()
  })
}
