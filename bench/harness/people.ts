/** Who signs in. */

export const people = 100
/** The same for all. */
export const password = 'correct horse battery staple'
export const emailOf = (n: number): string => `person-${n % people}@example.org`
