/** How topics are made, and what of the broker's settings an operator hears. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupWarnings, topicConfig, topicWarnings } from './topic-config.ts'

const day = 24 * 60 * 60 * 1000
const config = (pairs: Readonly<Record<string, string>>) => new Map(Object.entries(pairs))

test('a topic is made to lose nothing, whatever the broker does by default', () => {
  const settings = { maxBodyBytes: 1_000_000, minInsyncReplicas: undefined, retentionMs: undefined }
  const made = new Map(topicConfig(settings).map(({ name, value }) => [name, value]))
  assert.deepEqual([made.get('cleanup.policy'), made.get('unclean.leader.election.enable')], ['delete', 'false'])
  assert.ok(Number(made.get('max.message.bytes')) > 1_000_000)
  assert.deepEqual([made.has('retention.ms'), made.has('min.insync.replicas')], [false, false])
  const asked = topicConfig({ ...settings, minInsyncReplicas: 2, retentionMs: 5000 })
  assert.deepEqual(
    asked.slice(-2).map(({ value }) => value),
    ['2', '5000'],
  )
})

test('a topic that keeps more than inboxes remember is told of', () => {
  assert.deepEqual(topicWarnings('t', config({ 'retention.ms': String(7 * day) }), 7 * day), [])
  const [text = ''] = topicWarnings('t', config({ 'retention.ms': String(14 * day) }), 7 * day)
  assert.match(text, /topic t keeps messages for 14 days.*7 days/)
  assert.match(topicWarnings('t', config({ 'retention.ms': '-1' }), day)[0] ?? '', /for ever/)
  assert.deepEqual(topicWarnings('t', config({}), day), [])
})

test('a compacted topic is told of', () => {
  const told = topicWarnings('t', config({ 'cleanup.policy': 'compact', 'retention.ms': '1' }), day)
  assert.match(told.join('\n'), /compacted/)
})

test('a group whose dead members are noticed late is told of, with what to set', () => {
  assert.deepEqual(groupWarnings('g', config({ 'consumer.session.timeout.ms': '6000' })), [])
  assert.match(groupWarnings('g', config({ 'consumer.session.timeout.ms': '45000' }))[0] ?? '', /45 seconds.*6000/)
  assert.deepEqual(groupWarnings('g', config({})), [])
})
