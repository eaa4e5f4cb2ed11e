/** Which digits of a mail are its code. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCode } from './find-code.js'

const found: Readonly<Record<string, string>> = {
  'Ваш код: 123456': '123456',
  'Your code is 042731.': '042731',
  '(770153)': '770153',
  'код 123456\nдействует 10 минут': '123456',
  'Order 555000 was paid. Your code: 314159': '314159',
  'Пароль — 271828!': '271828',
  '998877, then code 112233': '112233',
}

for (const [text, code] of Object.entries(found)) {
  test(`in ${JSON.stringify(text)} it is ${code}`, () => assert.equal(findCode(text), code))
}

const without = [
  '',
  'Your password was changed.',
  'call +7495123456 or 1234567',
  'paid 123456.78 of 1,234,567',
  'https://example.com/123456/x and a123456@example.com',
  'id ab123456, 123456ab, key_123456, #123456',
  '12345 and 2026-11-22',
]

for (const text of without) {
  test(`there is none in ${JSON.stringify(text)}`, () => assert.equal(findCode(text), undefined))
}
