/** What every service shares: configuration, log, HTTP, health, tokens, printed lines, and the life of its process. */

export { openTransport } from '@vestnik/transport'
export type { FastifyReply as HttpReply, FastifyRequest as HttpRequest } from 'fastify'
export type { BrokerConfig } from './broker.ts'
export { type Call, type CallTypes, type Chapter, call } from './call.ts'
export { type ColumnTypes, inBoth } from './column-types.ts'
export { readServiceConfig, readVariables, refusePlaintext, type ServiceConfig } from './config.ts'
export { limitConnections } from './connection-limit.ts'
export { makeFolder, makeOnce } from './data-folder.ts'
export { type Environment, readEnvironment } from './environment.ts'
export { exitHopeless } from './exit.ts'
export * as fields from './fields.ts'
export { databaseHealth, healthOf } from './health.ts'
export { createHttp, type Http, type HttpOptions, type PartHealth, sendProblem, type ZodTypes } from './http.ts'
export { type JsonLimits, readJson } from './json.ts'
export { badKeys, type KeyFile, readKeyFile } from './key-file.ts'
export { busLog, type Log, openLog } from './log.ts'
export { type Migration, type Migrations, migrate } from './migrate.ts'
export { onlyOne } from './only-one.ts'
export { type OpenedBrokers, openBrokers } from './open-brokers.ts'
export { openStore, type ServiceStore } from './open-store.ts'
export { type PageFile, pageHeaders, readPageFiles, servePage } from './page-files.ts'
export { type Page, type Paging, pagingQuery } from './paging.ts'
export { openPrinter, type Printer } from './printer.ts'
export { type FieldError, Problem, unavailable } from './problem.ts'
export { withQuestionMarks } from './question-marks.ts'
export {
  createRateLimiter,
  limitRequests,
  type Rate,
  type RateLimiter,
  type RateLimiterOptions,
  sourceOf,
  tooMany,
} from './rate-limit.ts'
export { repeat } from './repeat.ts'
export { listenError, main, run, untilStopped } from './run.ts'
export { type Asked, serve } from './serve.ts'
export { inSteps, sweepTable, sweptAtOnce } from './sweep.ts'
export { traceHeaders } from './telemetry.ts'
export {
  type Caller,
  type SigningKey,
  signToken,
  tokenAlgorithm,
  tokenLifeSeconds,
  tokenVerifier,
  unauthorized,
  type VerifyToken,
  verifierOf,
} from './tokens.ts'
