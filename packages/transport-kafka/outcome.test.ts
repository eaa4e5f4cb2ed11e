/** Which errors of a broker set messages aside, and which leave them with who sends them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { protocolErrors } from '@platformatic/kafka'
import { errorOf } from './broker-errors.ts'
import type { Answer } from './calls.ts'
import { outcomeOf } from './outcome.ts'

function outcomeOfAnswer(name: string): string {
  const outcome = outcomeOf(errorOf(protocolErrors[name]?.code ?? assert.fail(name)))
  return 'answer' in outcome ? `${outcome.end} ${outcome.answer satisfies Answer}` : outcome.end
}

test('what a message cannot help does not set it aside: a right that is missing, a clock that is wrong', () => {
  assert.equal(outcomeOfAnswer('TOPIC_AUTHORIZATION_FAILED'), 'refused doubtful')
  assert.equal(outcomeOfAnswer('INVALID_TIMESTAMP'), 'refused doubtful')
})

test('what is wrong with a message is told of it, and of an error of the broker nobody knows', () => {
  assert.equal(outcomeOfAnswer('MESSAGE_TOO_LARGE'), 'unfit BODY_TOO_LARGE')
  assert.equal(outcomeOfAnswer('INVALID_RECORD'), 'unfit BROKER_REFUSED')
  assert.equal(outcomeOfAnswer('NOT_ENOUGH_REPLICAS'), 'unknown')
  assert.equal(outcomeOf(new Error('the connection broke')).end, 'unknown')
})
