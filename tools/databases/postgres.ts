/**
 * A PostgreSQL for tests: what TEST_POSTGRES_URL names, else an installed server, else Docker with an image that is here,
 * each as a private cluster that is gone with the test's process.
 */
import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { guardDatabase } from '../brokers/guarded.ts'
import { dockerPostgres, startContainer } from './postgres-container.ts'
import { installedPostgres, type PostgresOptions, type PostgresServer, startServer } from './postgres-server.ts'

export type { PostgresOptions, PostgresServer } from './postgres-server.ts'

/** A server that other tests use too: databases may be made in it, and nothing else may be done to it. */
export interface SharedPostgres extends AsyncDisposable {
  /** Of a database that is there already, as a user who may make others. */
  readonly url: string
}

/** A database of the caller's own. It is dropped with all that is in it, also when somebody is still connected. */
export interface ScratchDatabase extends AsyncDisposable {
  readonly url: string
  readonly name: string
}

/** Whether there is one, or one can be started. */
export function hasPostgres(): boolean {
  return process.env.TEST_POSTGRES_URL !== undefined || canStartPostgres()
}

function canStartPostgres(): boolean {
  return installedPostgres() !== undefined || dockerPostgres() !== undefined
}

/** Why a test file with this text cannot run here, whatever its suite brings. */
export function lackOfPostgres(text: string): string | undefined {
  const isThere = text.includes("database: 'postgres'") ? canStartPostgres() : hasPostgres()
  return /sharedPostgres\(|database: 'postgres'/.test(text) && !isThere
    ? 'it needs a PostgreSQL: install postgresql, or get its image into Docker'
    : undefined
}

/** The server of this run: many test files may share it, each with a database of its own. */
export async function sharedPostgres(): Promise<SharedPostgres> {
  const named = process.env.TEST_POSTGRES_URL
  if (named !== undefined) return { url: named, [Symbol.asyncDispose]: async () => {} }
  return privatePostgres()
}

/** Starts a server for all test files that this process starts. */
export async function sharePostgres(): Promise<AsyncDisposable> {
  const named = process.env.TEST_POSTGRES_URL
  const server = await sharedPostgres()
  process.env.TEST_POSTGRES_URL = server.url
  return {
    async [Symbol.asyncDispose]() {
      if (named === undefined) delete process.env.TEST_POSTGRES_URL
      await server[Symbol.asyncDispose]()
    },
  }
}

/** A server of the caller's own, to be killed, frozen and configured. */
export async function privatePostgres(options?: PostgresOptions): Promise<PostgresServer> {
  const programs = installedPostgres()
  if (programs !== undefined) return startServer(programs, options)
  const image = dockerPostgres()
  if (image !== undefined) return startContainer(image, options)
  throw new Error('no PostgreSQL can be started here: install postgresql, or get its image into Docker')
}

/** Makes a database in the server. */
export async function scratchDatabase(server: { readonly url: string }): Promise<ScratchDatabase> {
  const name = `vestnik_test_${randomUUID().replaceAll('-', '')}`
  const forget = server.url === process.env.TEST_POSTGRES_URL ? guardDatabase(server.url, name) : () => {}
  await command(server.url, `CREATE DATABASE ${name}`)
  const url = new URL(server.url)
  url.pathname = `/${name}`
  return {
    url: url.href,
    name,
    async [Symbol.asyncDispose]() {
      await command(server.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      forget()
    },
  }
}

/** Runs one statement on a connection of its own, with the tables of that schema, if one is named. */
export async function command(
  url: string,
  sql: string,
  schema?: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const options = schema === undefined ? {} : { options: `-c search_path=${schema}` }
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000, ...options })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
