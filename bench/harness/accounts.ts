/** Accounts of the users service that are there before it starts, so that nothing but signing in is measured. */
import { join } from 'node:path'
import { migrate, openStore } from '@vestnik/service'
import { createPasswords } from '../../services/users/passwords.ts'
import { addAccount, confirmEmail, nextUserId } from '../../services/users/store/accounts.ts'
import { migrations } from '../../services/users/store/migrations.ts'
import { emailOf, password, people } from './people.ts'

/** Puts them, with confirmed addresses, into the service's database of that data folder. */
export async function addAccounts(folder: string): Promise<void> {
  await using store = await openStore(`sqlite:${join(folder, 'users.db')}`, 'users')
  await migrate(store, 'users', migrations)
  const hash = await createPasswords({ atOnce: 1 }).hash(password)
  await store.transaction(async (tx) => {
    for (let n = 0; n < people; n += 1) {
      const id = await nextUserId(tx)
      await addAccount(tx, id, { email: emailOf(n), name: undefined, password: hash, nowMs: Date.now() })
      await confirmEmail(tx, id)
    }
  })
}
