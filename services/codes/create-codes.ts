/** One-time codes: six random digits, kept as keyed hashes, tried at most five times within ten minutes, used once. */
import { createHmac, type KeyObject, randomInt, timingSafeEqual } from 'node:crypto'
import type { Bus, Tx } from '@vestnik/bus'
import { codeLifeMs, mailSendCode } from '@vestnik/contracts'
import { sweepTable } from '@vestnik/service'
import type { CodeBinding, Codes, PreparedCode, SealCode } from './codes.ts'
import { type MailLimits, sweepMails, takeMail } from './mail-limits.ts'
import { missPlaces } from './migrations.ts'

export interface CodesOptions {
  /** Kept outside the database: without it, a million tries would turn a hash back into its code. */
  readonly hmacKey: KeyObject | Uint8Array
  readonly seal: SealCode
  /** Of a bus that publishes `mailSendCode`. */
  readonly publish: Bus['publish']
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Undefined: as many mails as asked for. The five tries stay. */
  readonly limits: MailLimits | undefined
}

/** How often a code can be tried. */
export const codeTries = 5

/** On a database with the tables of `codeMigrations`. */
export function createCodes({ hmacKey, seal, publish, now, limits }: CodesOptions): Codes {
  const hmacOf = ({ purpose, subject }: CodeBinding, digits: string): Buffer =>
    createHmac('sha256', hmacKey)
      .update(JSON.stringify([purpose, subject, digits]))
      .digest()

  async function keep(tx: Tx, { digits }: PreparedCode, binding: CodeBinding, expiresMs: number): Promise<void> {
    await tx.query(
      `INSERT INTO one_time_codes (purpose, subject, hmac, tries, expires_at) VALUES (?, ?, ?, 0, ?)
       ON CONFLICT (purpose, subject) DO UPDATE SET hmac = excluded.hmac, tries = 0, expires_at = excluded.expires_at`,
      [binding.purpose, binding.subject, hmacOf(binding, digits), expiresMs],
    )
  }

  /** A code that had its end in 1970, so that whoever is mailed nothing waits as long. */
  async function keepNone(tx: Tx, code: PreparedCode): Promise<void> {
    await keep(tx, code, { purpose: '', subject: String(randomInt(missPlaces)) }, 0)
  }

  return {
    async prepare(email) {
      const digits = String(randomInt(1_000_000)).padStart(6, '0')
      return { digits, sealed: await seal(digits, email) }
    },
    async issue(tx, code, binding, email) {
      const nowMs = now()
      if (!(await takeMail(tx, email, nowMs, limits))) {
        await keepNone(tx, code)
        return 'limited'
      }
      const expires = nowMs + codeLifeMs
      await keep(tx, code, binding, expires)
      await publish(tx, mailSendCode, { email, code: code.sealed }, { expires })
      return 'sent'
    },
    async pretend(tx, code) {
      await takeMail(tx, undefined, now(), limits)
      await keepNone(tx, code)
    },
    async redeem(tx, binding, digits) {
      // Counted and read in one statement: of a thousand tries at once only five come to be compared.
      const [row] = await tx.query(
        `UPDATE one_time_codes SET tries = tries + 1
         WHERE purpose = ? AND subject = ? AND tries < ? AND expires_at > ? RETURNING hmac`,
        [binding.purpose, binding.subject, codeTries, now()],
      )
      const given = hmacOf(binding, digits)
      if (!(row?.hmac instanceof Uint8Array)) await countMiss(tx)
      else if (timingSafeEqual(row.hmac, given)) {
        await remove(tx, binding)
        return true
      }
      return false
    },
    revoke: remove,
    async sweep(store) {
      const nowMs = now()
      await sweepTable(store, 'one_time_codes', 'expires_at', nowMs)
      await sweepMails(store, nowMs)
    },
  }
}

async function remove(tx: Tx, { purpose, subject }: CodeBinding): Promise<void> {
  await tx.query('DELETE FROM one_time_codes WHERE purpose = ? AND subject = ?', [purpose, subject])
}

/** A write, as a try at a code is one. */
async function countMiss(tx: Tx): Promise<void> {
  await tx.query('UPDATE code_misses SET count = count + 1 WHERE place = ?', [randomInt(missPlaces)])
}
