/** One-time codes, for every service that makes them, and for the mailer that opens them. */

export type { CodeBinding, Codes, PreparedCode, SealCode } from './codes.ts'
export { type CodesOptions, codeTries, createCodes } from './create-codes.ts'
export { type CodeKeys, readCodeKeys, readOpenCode } from './keys.ts'
export { type MailLimits, standardMailLimits, takeMail } from './mail-limits.ts'
export { codeMigrations } from './migrations.ts'
export type { OpenCode } from './open-sealed.ts'
export { wrongCode } from './wrong-code.ts'
