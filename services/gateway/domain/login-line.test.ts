/** The printed line, byte for byte. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loginLine } from './login-line.ts'

test('the line is the one that people and programs know, whatever order the payload has', () => {
  const login = { timestamp: '2026-01-17T15:32:26.486Z', userId: 1, more: 'not shown' }
  assert.equal(loginLine(login), 'User logged in with information: {"userId":1,"timestamp":"2026-01-17T15:32:26.486Z"}')
})
