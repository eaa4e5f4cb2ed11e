/** The one-time code of a rental fits that rental and nothing else. */
import type { CodeBinding } from '@vestnik/codes'

export const codeOfRental = (rentalId: number): CodeBinding => ({ purpose: 'rent-film', subject: String(rentalId) })
