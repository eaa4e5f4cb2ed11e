/** OpenAPI 3.1 of calls, made from the schemas that validate them. */
import { STATUS_CODES } from 'node:http'
import type { Call, Chapter } from './call.ts'
import { idempotencyKey } from './idempotency-key.ts'
import { exampleOf, type Json, type JsonSchema, jsonSchemaOf } from './json-schema.ts'
import { problemResponses, problemSchemas, refersTo } from './openapi-problems.ts'

export interface OpenApi {
  readonly openapi: string
  readonly info: OpenApiInfo
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>
    readonly responses: Readonly<Record<string, Response>>
    readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, string>>>>
  }
}

export interface OpenApiInfo {
  readonly title: string
  readonly version: string
  readonly description: string
}

export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, Response | { readonly $ref: string }>>
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description?: string
  readonly schema: JsonSchema
}

export interface Response {
  readonly description: string
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>>
  readonly content?: Content
}

export type Content = Readonly<Record<string, { readonly schema: JsonSchema; readonly example?: Json }>>

/** The document of all calls of the chapters: a chapter is a tag, the name of a call its operationId. */
export function openApiOf(chapters: Readonly<Record<string, Chapter>>, info: OpenApiInfo): OpenApi {
  const schemas: Record<string, JsonSchema> = { ...problemSchemas }
  const paths: Record<string, Record<string, Operation>> = {}
  for (const [tag, { calls }] of Object.entries(chapters)) {
    for (const [name, call] of Object.entries(calls)) {
      const path = call.path.replaceAll(/:([A-Za-z]+)/g, '{$1}')
      paths[path] = { ...paths[path], [call.method.toLowerCase()]: operationOf(tag, name, call, schemas) }
    }
  }
  return {
    openapi: '3.1.1',
    info,
    servers: [{ url: '/' }],
    tags: Object.entries(chapters).map(([name, { about }]) => ({ name, description: about })),
    paths,
    components: {
      schemas,
      responses: problemResponses,
      securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  }
}

function operationOf(tag: string, operationId: string, call: Call, schemas: Record<string, JsonSchema>): Operation {
  const { summary, description, caller, body } = call
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description === '' ? {} : { description }),
    security: caller === 'user' ? [{ accessToken: [] }] : [],
    parameters: parametersOf(call),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body, 'input', schemas) } }),
    responses: responsesOf(call, schemas),
  }
}

function parametersOf({ params, query, idempotent }: Call): Parameter[] {
  const header: Parameter = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'The same request sent twice with the same key takes effect once.',
    schema: jsonSchemaOf(idempotencyKey, 'input').schema,
  }
  return [...membersOf(params, 'path'), ...membersOf(query, 'query'), ...(idempotent ? [header] : [])]
}

function membersOf(schema: Call['params'], place: 'path' | 'query'): Parameter[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = jsonSchemaOf(schema, 'input').schema
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: one,
  }))
}

function responsesOf(call: Call, schemas: Record<string, JsonSchema>): Operation['responses'] {
  const { status, answer, body, problems } = call
  const description = STATUS_CODES[status] ?? 'Done'
  const success =
    answer === undefined ? { description } : { description, content: contentOf(answer, 'output', schemas) }
  const withBody = body === undefined ? [] : [413, 415]
  const statuses = [...new Set([400, ...problems, ...withBody, 429, 503])].sort((a, b) => a - b)
  return {
    [status]: success,
    ...Object.fromEntries(statuses.map((one) => [one, refersTo(one)])),
    default: refersTo('default'),
  }
}

function contentOf(
  of: NonNullable<Call['body']>,
  io: 'input' | 'output',
  schemas: Record<string, JsonSchema>,
): Content {
  const { schema, named } = jsonSchemaOf(of, io)
  Object.assign(schemas, named)
  return { 'application/json': { schema, example: exampleOf(schema, named) } }
}
