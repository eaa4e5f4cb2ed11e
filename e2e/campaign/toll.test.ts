/** What the faults did is counted by what they befell. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokenOffBy, killsBy } from './toll.ts'

const gateway = { service: 'gateway', kills: () => 2 }
const users = { service: 'users', kills: () => 3 }

test('services count their kills, and servers are counted by the faults that kill', () => {
  const struck = [
    { fault: 'kill a service', target: 'users#1' },
    { fault: 'kill a service at a crash point', target: 'users#1' },
    { fault: 'kill a broker', target: 'kafka' },
    { fault: 'kill a database', target: 'postgres' },
    { fault: 'stop a broker', target: 'kafka' },
    { fault: 'cut links', target: 'users' },
  ]
  assert.equal(killsBy(struck, [gateway, users]), 7)
  assert.equal(killsBy(struck.slice(4), []), 0)
})

test('printing is broken off by what befalls a gateway, the database and the disk, and by nothing else', () => {
  const under = [
    { fault: 'stop a service', target: 'gateway#1' },
    { fault: 'cut links', target: 'gateway' },
    { fault: 'stop a database', target: 'postgres' },
    { fault: 'silence links', target: 'postgres' },
    { fault: 'fill the disk', target: 'data' },
  ]
  const others = [
    { fault: 'kill a service', target: 'users#1' },
    { fault: 'kill a broker', target: 'rabbitmq' },
    { fault: 'cut links', target: 'rabbitmq' },
  ]
  assert.equal(brokenOffBy([...under, ...others], [users]), 5)
  assert.equal(brokenOffBy(others, [gateway, users]), 2)
})
