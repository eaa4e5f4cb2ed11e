/** Rentals in the database. Whoever asks names the user: another's rental is not there. */
import type { Row, Tx } from '@vestnik/bus'
import { codeLifeMs } from '@vestnik/contracts'
import type { Paging } from '@vestnik/service'
import type { KeptRental } from '../domain/rental.ts'

const columns = 'id, film_id, asked_at, expires_at, until'

export async function addRental(tx: Tx, userId: number, filmId: number, nowMs: number): Promise<KeptRental> {
  const [row] = await tx.query(
    `INSERT INTO rentals (user_id, film_id, asked_at, expires_at) VALUES (?, ?, ?, ?) RETURNING ${columns}`,
    [userId, filmId, nowMs, nowMs + codeLifeMs],
  )
  if (row === undefined) throw new Error('add a rental: the database answered no row')
  return rentalOf(row)
}

export async function findRental(tx: Tx, userId: number, id: number): Promise<KeptRental | undefined> {
  const [row] = await tx.query(`SELECT ${columns} FROM rentals WHERE id = ? AND user_id = ?`, [id, userId])
  return row && rentalOf(row)
}

/** The user's requests that await a code now, the one that ends first at the beginning. */
export async function listAwaiting(tx: Tx, userId: number, nowMs: number): Promise<readonly KeptRental[]> {
  const rows = await tx.query(
    `SELECT ${columns} FROM rentals WHERE user_id = ? AND expires_at > ? AND until IS NULL ORDER BY expires_at, id`,
    [userId, nowMs],
  )
  return rows.map(rentalOf)
}

export async function findActive(
  tx: Tx,
  userId: number,
  filmId: number,
  nowMs: number,
): Promise<KeptRental | undefined> {
  const [row] = await tx.query(`SELECT ${columns} FROM rentals WHERE user_id = ? AND until > ? AND film_id = ?`, [
    userId,
    nowMs,
    filmId,
  ])
  return row && rentalOf(row)
}

/** The request awaits its code no longer. */
export async function endRequest(tx: Tx, id: number, nowMs: number): Promise<void> {
  await tx.query('UPDATE rentals SET expires_at = ? WHERE id = ? AND until IS NULL', [nowMs, id])
}

export async function activate(tx: Tx, id: number, untilMs: number): Promise<void> {
  await tx.query('UPDATE rentals SET until = ? WHERE id = ?', [untilMs, id])
}

/** One user's rentals, newest first, and how many there are. */
export async function listRentals(
  tx: Tx,
  userId: number,
  { page, pageSize }: Paging,
): Promise<{ readonly rentals: readonly KeptRental[]; readonly total: number }> {
  const [counted] = await tx.query('SELECT count(*) AS total FROM rentals WHERE user_id = ?', [userId])
  const rows = await tx.query(`SELECT ${columns} FROM rentals WHERE user_id = ? ORDER BY id DESC LIMIT ? OFFSET ?`, [
    userId,
    pageSize,
    (page - 1) * pageSize,
  ])
  return { rentals: rows.map(rentalOf), total: Number(counted?.total) }
}

function rentalOf(row: Row): KeptRental {
  return {
    id: Number(row.id),
    filmId: Number(row.film_id),
    askedMs: Number(row.asked_at),
    expiresMs: Number(row.expires_at),
    untilMs: row.until === null ? undefined : Number(row.until),
  }
}
