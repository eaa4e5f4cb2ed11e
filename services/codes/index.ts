/** One-time codes, for every service that makes them. */

export type { Codes, PreparedCode, SealCode } from './codes.ts'
