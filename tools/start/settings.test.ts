/** What npm start reads, and what it hands to each service. */
import assert from 'node:assert/strict'
import { devNull } from 'node:os'
import { test } from 'node:test'
import type { Placed } from './ports.ts'
import { known } from './services.ts'
import { environmentOf, readSettings } from './settings.ts'

/** As they would be placed with ports from this one on, ten for each. */
function placedFrom(first: number): readonly Placed[] {
  return known.map((service, i) => ({
    name: service.name,
    service,
    ports: Object.fromEntries(service.ports.map(({ variable }, j) => [variable, first + 10 * i + j])),
    url: `http://127.0.0.1:${first + 10 * i}`,
  }))
}

function environmentsOf(environment: Record<string, string>) {
  const settings = readSettings(environment)
  const all = placedFrom(4000)
  const placed = all.filter(({ service }) => settings.services.includes(service))
  return Object.fromEntries(placed.map((one) => [one.name, environmentOf(one, placed, settings)]))
}

test('every service is run, each on its own ports, and knows where the others are', () => {
  const found = environmentsOf({ DATA_DIR: '/data', X: 'y' })
  const all = {
    DATA_DIR: '/data',
    HOST: '127.0.0.1',
    USERS_URL: 'http://127.0.0.1:4010',
    FILMS_URL: 'http://127.0.0.1:4020',
    MAILBOX_SMTP_PORT: '4041',
    ENV_FILE: devNull,
    X: 'y',
  }
  const shared = { ...all, MESSAGE_BROKER_URL: 'sqlite:/data/broker.db' }
  const behind = { TRUST_PROXY: '127.0.0.1,::1' }
  assert.deepEqual(found.gateway, { ...shared, PORT: '4000' })
  assert.deepEqual(found.users, { ...shared, ...behind, PORT: '4010' })
  assert.deepEqual(found.films, { ...shared, ...behind, PORT: '4020' })
  assert.deepEqual(found.mailer, { ...shared, PORT: '4030' })
  assert.deepEqual(found.mailbox, { ...all, MAILBOX_PORT: '4040' })
})

test('a service gets its own database and no other, and a users service elsewhere is kept', () => {
  const { gateway, users } = environmentsOf({
    USERS_DATABASE_URL: 'sqlite:u.db',
    FILMS_DATABASE_URL: 'sqlite:f.db',
    USERS_URL: 'http://users.example',
  })
  assert.equal(users?.DATABASE_URL, 'sqlite:u.db')
  assert.equal(gateway?.DATABASE_URL, undefined)
  assert.equal(gateway?.USERS_URL, 'http://users.example')
  for (const environment of [gateway, users]) {
    assert.deepEqual(
      Object.keys(environment ?? {}).filter((name) => name.endsWith('_DATABASE_URL')),
      [],
    )
  }
})

test('what opens something goes to the services that need it, and to no other', () => {
  const owners = {
    TOKEN_KEYS: ['users'],
    CODE_HMAC_KEY: ['users', 'films'],
    MAIL_PRIVATE_KEY: ['mailer'],
    MAIL_PASS: ['mailer'],
    MAIL_USER: ['mailer'],
    MAILBOX_KEY: ['mailbox'],
  }
  const found = environmentsOf(
    Object.fromEntries([...Object.keys(owners), 'MAIL_PUBLIC_KEY'].map((name) => [name, 'x'])),
  )
  for (const [variable, names] of Object.entries(owners)) {
    const given = Object.keys(found).filter((name) => found[name]?.[variable] !== undefined)
    assert.deepEqual(given, names, variable)
  }
})

test('of the broker, and its password, the mailbox is told nothing', () => {
  const found = environmentsOf({
    MESSAGE_BROKER_URL: 'amqp://me:secret@127.0.0.1/shop',
    MESSAGE_BROKER_PLAIN_QUEUES: 'user.loggedIn',
    MESSAGE_BROKER_TOPIC_NAMES: 'mail.sendCode=mails',
  })
  const told = (name: string) => Object.keys(found[name] ?? {}).filter((one) => one.startsWith('MESSAGE_BROKER_'))
  assert.equal(told('mailer').length, 3)
  assert.deepEqual(told('mailbox'), [])
})

test('with routes every service but the mailbox is told of both brokers, and both are shown without passwords', () => {
  const environment = {
    MESSAGE_BROKER_URL: 'amqp://me:secret@127.0.0.1/shop',
    MESSAGE_BROKER_ROUTES: 'mail.*=kafkas://me:secret@a:9092,b:9092;film.rented=sqlite:films.db',
  }
  const found = environmentsOf(environment)
  const told = Object.keys(found).filter((name) => found[name]?.MESSAGE_BROKER_ROUTES !== undefined)
  assert.deepEqual(told, ['gateway', 'users', 'films', 'mailer'])
  assert.deepEqual(readSettings(environment).shownBrokers, [
    'amqp://***@127.0.0.1/shop',
    'kafkas://***@a:9092,b:9092 for mail.*',
    'sqlite:films.db for film.rented',
  ])
})

test('what an existing mail sender is told, the mailer heeds alone, and only where nobody else sends mail', () => {
  const kafka = { KAFKA_BROKERS: 'a:9092', KAFKA_TOPIC: 'mails' }
  const { mailer, mailbox } = environmentsOf({ ...kafka, SERVICES: 'mailer,mailbox' })
  assert.deepEqual(
    [mailer?.KAFKA_BROKERS, mailer?.KAFKA_TOPIC, mailer?.MESSAGE_BROKER_URL],
    ['a:9092', 'mails', undefined],
  )
  assert.equal(mailbox?.KAFKA_BROKERS, undefined)
  assert.throws(() => readSettings({ ...kafka, SERVICES: 'films,mailer' }), {
    code: 'BAD_CONFIG',
    message: /^KAFKA_BROKERS is "a:9092": it must be unset: only the mailer heeds it/,
  })
})

test('what a person trusts in front of the gateway is not what stands before the others', () => {
  const { gateway, users } = environmentsOf({ TRUST_PROXY: '10.0.0.0/8', HOST: '10.1.2.3' })
  assert.equal(gateway?.TRUST_PROXY, '10.0.0.0/8')
  assert.equal(users?.TRUST_PROXY, '127.0.0.1,::1,10.1.2.3')
})

test("half of the mailer's key pair is refused", () => {
  assert.throws(() => readSettings({ MAIL_PRIVATE_KEY: 'x' }), {
    code: 'BAD_CONFIG',
    message: /^MAIL_PUBLIC_KEY is not/,
  })
  assert.throws(() => readSettings({ MAIL_PUBLIC_KEY: 'x' }), {
    code: 'BAD_CONFIG',
    message: /^MAIL_PRIVATE_KEY is not/,
  })
})

test('PORT is for a service that runs alone', () => {
  assert.equal(environmentsOf({ PORT: '9999' }).gateway?.PORT, '4000')
})

const chosen = (environment: Record<string, string>) => readSettings(environment).services.map(({ name }) => name)

test('some services may be named', () => {
  assert.deepEqual(chosen({ SERVICES: 'mailbox, users' }), ['users', 'mailbox'])
  for (const SERVICES of ['shop', 'users,users', ',', 'users gateway']) {
    assert.throws(() => readSettings({ SERVICES }), { code: 'BAD_CONFIG', message: /^SERVICES is ".*": it must be/ })
  }
})

test('where mail goes out there is no mailbox, unless it is named', () => {
  assert.deepEqual(chosen({ MAIL_HOST: 'mail.example.org' }), ['gateway', 'users', 'films', 'mailer'])
  assert.deepEqual(chosen({ MAIL_HOST: 'mail.example.org', SERVICES: 'mailbox' }), ['mailbox'])
  assert.ok(chosen({}).includes('mailbox'))
})

test('one file for all databases is refused, and allowed for one service', () => {
  const environment = { DATABASE_URL: 'sqlite:all.db' }
  assert.throws(() => readSettings(environment), { code: 'BAD_CONFIG', message: /USERS_DATABASE_URL/ })
  assert.doesNotThrow(() => readSettings({ ...environment, SERVICES: 'users,mailbox' }))
})

test('in one database of PostgreSQL each service has a schema of its own, and the mailbox is not told of it', () => {
  const environment = { DATABASE_URL: 'postgres://me:secret@127.0.0.1/shop', MAILER_DATABASE_URL: 'sqlite:m.db' }
  const found = environmentsOf(environment)
  const urls = Object.fromEntries(Object.keys(found).map((name) => [name, found[name]?.DATABASE_URL]))
  const shared = environment.DATABASE_URL
  assert.deepEqual(urls, { gateway: shared, users: shared, films: shared, mailer: 'sqlite:m.db', mailbox: undefined })
  assert.deepEqual(readSettings(environment).shownDatabases, ['postgres://***@127.0.0.1/shop'])
  const mixed = { DATABASE_URL: `${shared}?schema=all` }
  assert.throws(() => readSettings(mixed), { code: 'BAD_CONFIG', message: /\*\*\*@.*: it must name no schema/ })
})

test('one port for two services is refused', () => {
  assert.throws(() => readSettings({ USERS_PORT: '4000', FILMS_PORT: '4000' }), {
    code: 'BAD_CONFIG',
    message: 'FILMS_PORT is "4000": USERS_PORT asks for the same; name another port',
  })
})
