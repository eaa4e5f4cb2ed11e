/** Sign-ins. The gateway answers, from what it received. */
import { type UserLoggedIn, userLoggedIn } from '@vestnik/contracts'
import { type Call, call } from '@vestnik/service/call'
import { type Page, type Paging, pagingQuery } from '@vestnik/service/paging'
import { z } from 'zod'
import { id, pageOf, time } from './fields.ts'

export const listLogins: Call<{ query: Paging; answer: Page<UserLoggedIn> }> = call('GET', '/logins', {
  summary: "The caller's own sign-ins, newest first",
  description: `Each message of ${userLoggedIn.topic} that the gateway received is listed exactly once.`,
  caller: 'user',
  query: pagingQuery,
  status: 200,
  answer: pageOf(z.object({ userId: id, timestamp: time }).meta({ id: 'Login' })),
  problems: [401],
})
