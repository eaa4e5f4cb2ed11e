/** How many sign in, against the hashing of their passwords alone. */

import { usefulThreads } from '../../services/users/hashing-threads.ts'
import { addAccounts } from '../harness/accounts.ts'
import { startChild } from '../harness/child.ts'
import { type Row, ratio, type Settings, type Side } from '../harness/row.ts'
import { startService } from '../harness/service-process.ts'

export const signIns: Row = {
  name: 'sign-ins',
  title: 'POST /sessions, 16 callers, one users service',
  sides: (settings) => [alone(settings), ours(settings)],
  requirements: [
    { says: 'argon2 alone, as many at once', unit: '×', value: ratio('perSecond', 'ours', 'alone'), atLeast: 0.85 },
  ],
}

const lengths = ({ quick }: Settings) => (quick ? { warmSeconds: 0.2, seconds: 0.5 } : { warmSeconds: 1, seconds: 4 })

function alone(settings: Settings): Side {
  return {
    name: 'alone',
    title: `argon2 alone, ${usefulThreads} at once`,
    async run() {
      await using child = startChild('programs/argon2.ts', { atOnce: usefulThreads, ...lengths(settings) })
      return await child.next()
    },
  }
}

function ours(settings: Settings): Side {
  return {
    name: 'ours',
    title: 'the users service',
    async run(folder) {
      await addAccounts(folder)
      await using users = await startService('users', { DATA_DIR: folder })
      await using load = startChild('programs/sign-ins.ts', { url: users.url, callers: 16, ...lengths(settings) })
      return await load.next()
    },
  }
}
