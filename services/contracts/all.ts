/** All contracts of the system: configuration may name their topics and no others. */
import type { Contract } from '@vestnik/bus'
import { filmRented } from './film-rented.ts'
import { mailSendCode } from './mail-send-code.ts'
import { mailSendNotice } from './mail-send-notice.ts'
import { userEmailConfirmed } from './user-email-confirmed.ts'
import { userLoggedIn } from './user-logged-in.ts'
import { userRegistered } from './user-registered.ts'

export const allContracts: readonly Contract[] = [
  userRegistered,
  userEmailConfirmed,
  userLoggedIn,
  filmRented,
  mailSendCode,
  mailSendNotice,
]
