/** Texts of any characters, halves of pairs too. The unit `binary` of fast-check takes a second to build its tables. */
import fc from 'fast-check'

export const anyText: fc.Arbitrary<string> = fc.string({
  unit: fc.nat(0x10ffff).map((code) => String.fromCodePoint(code)),
})
