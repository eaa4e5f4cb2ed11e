/** The messages that our services exchange, one file each; no I/O. */
export { type UserLoggedIn, userLoggedIn } from './user-logged-in.ts'
