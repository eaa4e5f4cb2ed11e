/** The suites of tests, as data: which files each has, what it needs, how many run at once, and how long they may take. */
import { availableParallelism } from 'node:os'
import { matchesGlob } from 'node:path'
import type { Program } from './provide.ts'
import { listFiles } from './repository.ts'

export interface Suite {
  readonly name: string
  /** A file belongs to the first suite, in the order of the list, whose patterns fit. */
  readonly files: readonly string[]
  readonly needs: readonly Program[]
  /** Few where tests watch time or processes, so that none starves. */
  readonly atOnce: number
  readonly limits: { readonly testMs: number; readonly fileMs: number }
  /** What it needs is a right that not every machine gives: where there is none, that is said loudly, and fails nothing. */
  readonly mayLack?: true
  /** With these variables it runs files of other suites once more. */
  readonly again?: Readonly<Record<string, string>>
  /** Code that its files import is kept compiled. Not where tests import what lies in new folders: that would be kept for ever. */
  readonly keepsCompiled?: true
  /** Runs only in CI or when it is named, or only when it is named. @default always */
  readonly only?: 'in CI' | 'named'
}

const sources = '{bench,deploy,examples,packages,services,tools}/**'
const alone = { atOnce: 1, limits: { testMs: 120_000, fileMs: 400_000 } }

/** From the most special to the rest; they run from the last to the first. */
export const suites: readonly Suite[] = [
  {
    name: 'mutants',
    files: ['tools/mutants/*.test.ts'],
    needs: ['postgres'],
    atOnce: 1,
    limits: { testMs: 300_000, fileMs: 900_000 },
    only: 'in CI',
  },
  { name: 'trace', files: [`${sources}/*.trace.test.ts`], needs: ['strace'], ...alone },
  { name: 'disk', files: [`${sources}/*.disk.test.ts`], needs: ['gcc'], ...alone },
  { name: 'browser', files: [`${sources}/*.browser.test.ts`], needs: ['chromium'], ...alone },
  {
    name: 'kafka',
    files: [`${sources}/*.kafka.test.ts`, 'e2e/**/*.kafka.test.ts'],
    needs: ['kafka'],
    atOnce: 2,
    // Some of its files need RabbitMQ and PostgreSQL too, which the suites of these names have brought by then.
    limits: { testMs: 240_000, fileMs: 900_000 },
  },
  {
    name: 'rabbitmq',
    files: [`${sources}/*.rabbitmq.test.ts`, 'e2e/**/*.rabbitmq.test.ts'],
    needs: ['rabbitmq'],
    atOnce: 2,
    // The laws start hundreds of processes, and kill the broker.
    limits: { testMs: 240_000, fileMs: 900_000 },
  },
  {
    name: 'postgres',
    files: [`${sources}/*.postgres.test.ts`, 'e2e/**/*.postgres.test.ts'],
    needs: ['postgres'],
    atOnce: 2,
    // The laws open hundreds of stores, each with tables of its own.
    limits: { testMs: 240_000, fileMs: 900_000 },
  },
  {
    name: 'services-postgres',
    // What is about memory, the network and files runs once.
    files: [
      'packages/cli/{changes,edits,looks}.test.ts',
      'packages/service/{migrate,printer}.test.ts',
      'services/codes/create-codes.test.ts',
      'services/films/{guesses,handlers,idempotency,rentals,search,secrets}.test.ts',
      'services/films/store/*.test.ts',
      'services/gateway/app.test.ts',
      'services/users/{enumeration,password-reset,secrets,sessions,sign-in,sign-up}.test.ts',
    ],
    needs: ['postgres'],
    // They wait for the server more than they compute.
    atOnce: availableParallelism() + 1,
    limits: { testMs: 120_000, fileMs: 400_000 },
    again: { TEST_DATABASE: 'postgres' },
    keepsCompiled: true,
  },
  {
    name: 'docker',
    files: ['deploy/*.docker.test.ts'],
    needs: ['docker'],
    atOnce: 1,
    // Where nothing is in the cache, the images alone take minutes.
    limits: { testMs: 1_200_000, fileMs: 1_200_000 },
    // An engine of its own changes rules of the machine's network while it runs.
    only: 'in CI',
    // It needs root, and a kernel that lets it mount and write such rules.
    mayLack: true,
  },
  {
    name: 'docker-kafka',
    files: ['deploy/*.docker-kafka.test.ts'],
    needs: ['docker'],
    atOnce: 1,
    limits: { testMs: 1_800_000, fileMs: 1_800_000 },
    mayLack: true,
    // Little of it is not in the suites of Kafka and of Docker, and it takes as long as both together.
    only: 'named',
  },
  // These wait more than they compute.
  { name: 'process', files: [`${sources}/*.process.test.ts`], needs: [], ...alone, atOnce: 3 },
  { name: 'e2e', files: ['e2e/**/*.test.ts'], needs: ['curl'], ...alone },
  {
    name: 'pure',
    files: [`${sources}/*.test.ts`],
    needs: [],
    // They wait half of their time.
    atOnce: availableParallelism() + 3,
    // A net for what hangs: on a machine that others keep busy a second's work takes twenty.
    limits: { testMs: 60_000, fileMs: 180_000 },
    keepsCompiled: true,
  },
]

/** Tests that are skipped on every machine, in CI too: laws for which a transport is not made, with its reason. */
const expectedSkips: readonly { readonly path: string; readonly reason: RegExp }[] = [
  { path: 'packages/testing/memory-transport.process.test.ts', reason: /: (processes|outage): it / },
  { path: 'packages/transport-kafka/laws.kafka.test.ts', reason: /: kept: it / },
]

/** Whether a skip, as `path: title: reason`, is one of those. */
export function isExpectedSkip(skip: string): boolean {
  return expectedSkips.some(({ path, reason }) => skip.startsWith(`${path}: `) && reason.test(skip))
}

/** Each suite's files; those that run again are in another one too. A test file in a folder that no pattern names is in none: a test asks whether there is one. */
export function filesOf(suite: Suite, paths: readonly string[] = listFiles('**/*.test.ts')): string[] {
  if (suite.again) return paths.filter((path) => fits(suite, path))
  return paths.filter((path) => suites.find((one) => !one.again && fits(one, path)) === suite)
}

function fits({ files }: Suite, path: string): boolean {
  return files.some((pattern) => matchesGlob(path, pattern))
}
