/** The messages that our services exchange, one file each; no I/O. */

export { allContracts } from './all.ts'
export { emailAddress, normaliseEmail } from './email.ts'
export { type FilmRented, filmRented } from './film-rented.ts'
export { codeLifeMs, type MailSendCode, mailSendCode } from './mail-send-code.ts'
export { type MailSendNotice, mailSendNotice } from './mail-send-notice.ts'
export { type UserEmailConfirmed, userEmailConfirmed } from './user-email-confirmed.ts'
export { type UserLoggedIn, userLoggedIn } from './user-logged-in.ts'
export { type UserRegistered, userRegistered } from './user-registered.ts'
