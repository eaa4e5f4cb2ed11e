/** The brokers' variables: each is checked, and what only another broker could do is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Contract, contract } from '@vestnik/bus'
import { hasCode } from '@vestnik/bus/errors'
import { z } from 'zod'
import { type BrokerConfig, brokerUrlOf, readBroker, refuseUnsafeBrokers } from './broker.ts'

const schema = z.object({ id: z.string() })
const key = ({ id }: { id: string }) => id
const contracts: readonly Contract[] = [
  contract('seen', { schema, key, groups: [{ name: 'reader', order: 'none' }] }),
  contract('ordered', { schema, key, groups: ['reader'] }),
  contract('shared', { schema, groups: ['reader', 'other'] }),
  contract('told', { schema }),
]
const amqp = { MESSAGE_BROKER_URL: 'amqp://me:secret@127.0.0.1/shop' }

test('without variables the broker is a file in the data folder, and nobody else uses it', () => {
  const found = readBroker({}, '/data', { contracts })
  assert.deepEqual(found, {
    brokerUrl: 'sqlite:/data/broker.db',
    brokerRoutes: [],
    brokerOptions: { plainQueues: [], topicNames: {} },
    brokerVariable: 'MESSAGE_BROKER_URL',
  })
})

test('a broker, plain queues and the names that others use', () => {
  const more = { MESSAGE_BROKER_PLAIN_QUEUES: 'seen, told', MESSAGE_BROKER_TOPIC_NAMES: 'seen=was/seen, ordered=o' }
  assert.deepEqual(readBroker({ ...amqp, ...more }, '/data', { contracts }), {
    brokerUrl: amqp.MESSAGE_BROKER_URL,
    brokerRoutes: [],
    brokerVariable: 'MESSAGE_BROKER_URL',
    brokerOptions: { plainQueues: ['seen', 'told'], topicNames: { seen: 'was/seen', ordered: 'o' } },
  })
  // Of contracts that it does not know it takes every name that a topic may have.
  assert.deepEqual(
    readBroker({ ...amqp, MESSAGE_BROKER_PLAIN_QUEUES: 'user.loggedIn' }, '/data').brokerOptions.plainQueues,
    ['user.loggedIn'],
  )
})

const wrong: readonly (readonly [name: string, found: string, why: string])[] = [
  ['MESSAGE_BROKER_URL', 'amqp:', 'it has no host'],
  ['MESSAGE_BROKER_URL', 'amqp://', 'it has no host'],
  ['MESSAGE_BROKER_URL', 'amqp:localhost', 'it has no host'],
  ['MESSAGE_BROKER_URL', 'amqp://host:port', 'its port is none'],
  ['MESSAGE_BROKER_URL', 'amqp://host?heartbeat=5', 'it has parameters'],
  ['MESSAGE_BROKER_URL', 'redis://host', 'its scheme is none of ours'],
  ['MESSAGE_BROKER_URL', 'kafka://host:9092,', 'one of its hosts has no name'],
  ['MESSAGE_BROKER_URL', 'kafka://host:9092,other:port', 'one of its ports is none'],
  ['MESSAGE_BROKER_URL', 'kafkas://host?acks=1', 'it has parameters that nobody knows'],
  ['MESSAGE_BROKER_ROUTES', 'seen', 'it has no broker'],
  ['MESSAGE_BROKER_ROUTES', 'seen=', 'its broker is empty'],
  ['MESSAGE_BROKER_ROUTES', 'seen=kafka', 'its broker is no URL'],
  ['MESSAGE_BROKER_ROUTES', '=sqlite:a.db', 'it has no topic'],
  ['MESSAGE_BROKER_ROUTES', 'sean=sqlite:a.db', 'no contract has it'],
  ['MESSAGE_BROKER_ROUTES', 'mail.*=sqlite:a.db', 'no contract begins so'],
  ['MESSAGE_BROKER_ROUTES', '*=sqlite:a.db', 'all topics are not some of them'],
  ['MESSAGE_BROKER_ROUTES', 's*n=sqlite:a.db', 'a star stands behind'],
  ['MESSAGE_BROKER_ROUTES', 'seen=sqlite:a.db;', 'one of them is nothing'],
  ['MESSAGE_BROKER_ROUTES', 'seen=sqlite:a.db;seen=sqlite:b.db', 'a topic is there twice'],
  ['MESSAGE_BROKER_ROUTES', 'seen=sqlite:a.db;se*=sqlite:b.db', 'a topic would have two brokers'],
  ['MESSAGE_BROKER_PLAIN_QUEUES', 'sean', 'no contract has it'],
  ['MESSAGE_BROKER_PLAIN_QUEUES', 'seen,', 'one has no name'],
  ['MESSAGE_BROKER_PLAIN_QUEUES', 'seen,seen', 'one is there twice'],
  ['MESSAGE_BROKER_PLAIN_QUEUES', 'ordered', 'a plain queue has no order'],
  ['MESSAGE_BROKER_PLAIN_QUEUES', 'shared', 'a plain queue has one group'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'seen', 'it has no name'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'seen=', 'its name is empty'],
  ['MESSAGE_BROKER_TOPIC_NAMES', '=x', 'it has no topic'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'seen=a=b', 'it has two names'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'seen=a b', 'its name has a space'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'seen=a,seen=b', 'it is there twice'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'seen=a,told=a', 'two would be one'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'seen=told', 'another topic has that name'],
  ['MESSAGE_BROKER_TOPIC_NAMES', 'sean=a', 'no contract has it'],
]

for (const [name, found, why] of wrong) {
  test(`${name}=${found} is refused, as ${why}`, () => {
    assert.throws(
      () => readBroker({ ...amqp, [name]: found }, '/data', { contracts }),
      (error) => hasCode(error, 'BAD_CONFIG') && error.message.startsWith(`${name} is "${found}": it must be `),
    )
  })
}

test('topics may change their names with each other', () => {
  const found = readBroker({ ...amqp, MESSAGE_BROKER_TOPIC_NAMES: 'seen=told,told=seen' }, '/data', { contracts })
  assert.deepEqual(found.brokerOptions.topicNames, { seen: 'told', told: 'seen' })
})

test('several hosts of Kafka, and a user with certificates', () => {
  for (const url of ['kafka://a', 'kafka://a:9092,b:9093', 'kafkas://me:se%40cret@a:9092,[::1]:9093?ca=/ca.pem']) {
    assert.equal(readBroker({ MESSAGE_BROKER_URL: url }, '/data').brokerUrl, url)
  }
})

test('some topics go over another broker, and those of one URL are one route', () => {
  const routes = 'se*=kafka://me:x=y@a:9092,b:9092; told = sqlite:/data/t=1.db;shared=kafka://me:x=y@a:9092,b:9092'
  const found = readBroker({ ...amqp, MESSAGE_BROKER_ROUTES: routes }, '/data', { contracts })
  assert.deepEqual(found.brokerRoutes, [
    { topics: ['se*', 'shared'], url: 'kafka://me:x=y@a:9092,b:9092' },
    { topics: ['told'], url: 'sqlite:/data/t=1.db' },
  ])
  const schemes = contracts.map(({ topic }) => brokerUrlOf(found, topic).split(':')[0])
  assert.deepEqual(schemes, ['kafka', 'amqp', 'kafka', 'sqlite'])
})

test('what the broker of a topic does not have is refused at start, by its variable', () => {
  const routes = { MESSAGE_BROKER_ROUTES: 'seen=kafka://a;told=sqlite:a.db' }
  const refused: readonly (readonly [string, string, string, object])[] = [
    ['MESSAGE_BROKER_PLAIN_QUEUES', 'seen', 'sqlite', {}],
    ['MESSAGE_BROKER_TOPIC_NAMES', 'seen=a', 'sqlite', {}],
    ['MESSAGE_BROKER_PLAIN_QUEUES', 'seen', 'kafka', { ...amqp, ...routes }],
    ['MESSAGE_BROKER_TOPIC_NAMES', 'seen=a,told=b', 'sqlite', { ...amqp, ...routes }],
  ]
  for (const [name, found, scheme, others] of refused) {
    assert.throws(() => readBroker({ ...others, [name]: found }, '/data', { contracts }), {
      code: 'BAD_CONFIG',
      message: new RegExp(
        `^${name} is "${found}": it must not name (seen|told), which goes over a broker of ${scheme}:`,
      ),
    })
  }
  const names = readBroker({ ...amqp, ...routes, MESSAGE_BROKER_TOPIC_NAMES: 'seen=a,shared=b' }, '/data', {
    contracts,
  })
  assert.deepEqual(names.brokerOptions.topicNames, { seen: 'a', shared: 'b' })
})

const peer = { KAFKA_BROKERS: 'a:9092, b:9093', KAFKA_TOPIC: 'mails' }

test('what an existing mail sender is configured with is the broker and the name of the topic', () => {
  assert.deepEqual(readBroker(peer, '/data', { contracts, kafkaTopicOf: 'seen' }), {
    brokerUrl: 'kafka://a:9092,b:9093',
    brokerRoutes: [],
    brokerOptions: { plainQueues: [], topicNames: { seen: 'mails' } },
    brokerVariable: 'KAFKA_BROKERS',
  })
})

test('who is no mail sender refuses what one is configured with', () => {
  for (const [name, found] of Object.entries(peer)) {
    assert.throws(() => readBroker({ [name]: found }, '/data', { contracts }), {
      code: 'BAD_CONFIG',
      message: `${name} is "${found}": it must be unset: only the mailer heeds it; others have MESSAGE_BROKER_URL and MESSAGE_BROKER_ROUTES`,
    })
  }
})

test('half of what a mail sender is told, or more than that, is refused', () => {
  const read = (environment: Record<string, string>) => readBroker(environment, '/data', { kafkaTopicOf: 'seen' })
  const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ KAFKA_TOPIC: 'mails' }, /^KAFKA_BROKERS is not set: it must be, as KAFKA_TOPIC is$/],
    [{ KAFKA_BROKERS: 'a:9092' }, /^KAFKA_TOPIC is not set: it must be, as KAFKA_BROKERS is$/],
    [{ ...peer, KAFKA_BROKERS: 'a:b' }, /^KAFKA_BROKERS is "a:b": it must be hosts with ports/],
    [{ ...peer, KAFKA_BROKERS: 'kafka://a:9092' }, /^KAFKA_BROKERS is "kafka:\/\/a:9092": it must be hosts with ports/],
    [{ ...peer, KAFKA_TOPIC: 'my mails' }, /^KAFKA_TOPIC is "my mails": it must be the name of a topic/],
    [{ ...peer, ...amqp }, /^KAFKA_BROKERS is .*: it must be unset: MESSAGE_BROKER_URL is set/],
  ]
  for (const [environment, message] of wrong) assert.throws(() => read(environment), { code: 'BAD_CONFIG', message })
})

const safe: BrokerConfig = {
  brokerUrl: 'sqlite:a.db',
  brokerRoutes: [],
  brokerOptions: { plainQueues: [], topicNames: {} },
  brokerVariable: 'MESSAGE_BROKER_URL',
}
const check = (brokerUrl: string, more: object = {}) =>
  refuseUnsafeBrokers({ ...safe, brokerUrl, production: true, plaintextAllowed: false, ...more })

test('in production nobody is guest on another host', () => {
  const guests = ['amqps://guest:guest@broker', 'amqps://broker', 'amqps://gu%65st:x@broker', 'amqp://guest:x@10.0.0.1']
  for (const url of guests) {
    const refused = { code: 'BAD_CONFIG', message: /^MESSAGE_BROKER_URL is .*nobody is guest on another host/ }
    assert.throws(() => check(url, { plaintextAllowed: true }), refused)
    check(url, { production: false })
  }
  check('amqp://guest:guest@127.0.0.1')
  check('amqp://localhost')
  check('amqps://gateway:secret@broker')
  check('sqlite:/data/guest@broker.db')
})

test('in production no broker on another host is reached without TLS, and its password is not shown', () => {
  for (const password of ['secret', 'sec/ret', 'sec@ret', 'sec?ret']) {
    const url = `amqp://gateway:${password}@broker/shop`
    if (!URL.canParse(url)) continue
    assert.throws(
      () => check(url),
      (error) => {
        assert.ok(hasCode(error, 'BAD_CONFIG'))
        assert.match(
          error.message,
          /^MESSAGE_BROKER_URL is "amqp:.*": it must be an amqps:\/\/ address; .*ALLOW_PLAINTEXT=yes$/,
        )
        assert.ok(!error.message.includes('ret'), error.message)
        return true
      },
    )
  }
  check('amqp://gateway:secret@broker', { plaintextAllowed: true })
  check('amqp://gateway:secret@[::1]')
  check('amqps://gateway:secret@broker')
})

test('a wrong URL is refused without its password, whatever that is made of', () => {
  for (const password of ['hunter2', 'hun@ter2', 'hun/ter2', 'hun#ter2']) {
    assert.throws(
      () => readBroker({ MESSAGE_BROKER_URL: `amqp://me:${password}@host?x=1` }, '/data'),
      (error) => hasCode(error, 'BAD_CONFIG') && !error.message.includes('ter2'),
    )
  }
})

test('a password is not shown either where none belongs', () => {
  const wrong = { KAFKA_BROKERS: 'me:hun/t@er2@host:9092', KAFKA_TOPIC: 'mails' }
  for (const read of [
    () => readBroker(wrong, '/data', { contracts }),
    () => readBroker(wrong, '/data', { kafkaTopicOf: 'seen' }),
    () => readBroker({ MESSAGE_BROKER_URL: 'kafka:me:hun/t@er2@host' }, '/data'),
  ]) {
    assert.throws(read, (error) => hasCode(error, 'BAD_CONFIG') && !/hun|er2/.test(error.message))
  }
})

test('each broker is judged, and the variable that names it is told', () => {
  const routed = (url: string) => check('sqlite:a.db', { brokerRoutes: [{ topics: ['seen'], url }] })
  const kafka = 'kafka://127.0.0.1:9092,other:9092'
  assert.throws(() => check(kafka), { message: /^MESSAGE_BROKER_URL is "kafka:.*it must be a kafkas:\/\/ address/ })
  assert.throws(() => routed(kafka), { message: /^MESSAGE_BROKER_ROUTES is "kafka:.*it must be a kafkas:\/\/ address/ })
  assert.throws(() => routed('amqps://broker'), { message: /^MESSAGE_BROKER_ROUTES is .*nobody is guest/ })
  assert.throws(() => check(kafka, { brokerVariable: 'KAFKA_BROKERS' }), { message: /^KAFKA_BROKERS is "kafka:/ })
  check('kafka://127.0.0.1:9092,localhost')
  routed('kafkas://me:secret@a,b')
})

test('a wrong route is refused without its password', () => {
  const routes = 'seen=amqp://me:hun@ter2@host/x?y;told=amqp://me:hunter2@host?x=1'
  assert.throws(
    () => readBroker({ MESSAGE_BROKER_ROUTES: routes }, '/data', { contracts }),
    (error) => hasCode(error, 'BAD_CONFIG') && !error.message.includes('ter2'),
  )
})
