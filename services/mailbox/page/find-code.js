/** Finds the one-time code in a mail's text. */

/** Six digits that are no part of a longer number, word, address or amount. */
const sixDigits = /(?<![\p{L}\p{N}#_@./:,+-])\d{6}(?![\p{L}\p{N}_@/-]|[.,:]\p{N})/gu
/** A word that says what the digits are, near before them. */
const announced = /(code|код|pin|пароль|otp)[^\p{N}]{0,40}$/iu

/**
 * The code: six digits that a word like "code" stands before, else the first six digits. Undefined: there are none.
 * @param {string} text
 * @returns {string | undefined}
 */
export function findCode(text) {
  const found = [...text.matchAll(sixDigits)]
  const named = found.find(({ index }) => announced.test(text.slice(Math.max(0, index - 60), index)))
  return (named ?? found[0])?.[0]
}
