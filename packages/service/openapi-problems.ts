/** The problems of an API (RFC 9457) for its OpenAPI document. */
import { STATUS_CODES } from 'node:http'
import { z } from 'zod'
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts'
import type { Response } from './openapi.ts'

const problem: z.ZodType = z
  .looseObject({
    type: z.literal('about:blank'),
    title: z.string().describe('What the status says'),
    status: z.int().describe('The same as that of the answer'),
    detail: z.string().describe('One sentence for people'),
    errors: z
      .array(z.object({ field: z.string(), reason: z.string() }))
      .describe('Each field of the input that was refused, and why')
      .optional(),
  })
  .meta({ id: 'Problem' })

export const problemSchemas: Readonly<Record<string, JsonSchema>> = jsonSchemaOf(problem, 'output').named

const sentences: Readonly<Record<string, string>> = {
  400: 'The input is wrong. `errors` names each field and why.',
  401: 'A valid access token, or the right credentials, are needed.',
  403: 'Whoever asks may not do that.',
  404: 'There is no such thing, or it belongs to somebody else.',
  409: 'Something else is in the way now.',
  413: 'The body is too large.',
  415: 'The body must be `application/json`.',
  422: 'The code is wrong, used, expired or was tried too often.',
  429: 'There were too many requests. `Retry-After` says when to come again.',
  503: 'Something is down. The same request can be sent again.',
  default: 'Any other problem.',
}

const retryAfter = {
  'Retry-After': { description: 'Seconds', schema: { type: 'integer', minimum: 1 } },
}

export const problemResponses: Readonly<Record<string, Response>> = Object.fromEntries(
  Object.entries(sentences).map(([status, description]) => {
    const headers = status === '429' || status === '503' ? { headers: retryAfter } : {}
    const schema = { $ref: '#/components/schemas/Problem' }
    return [nameOf(status), { description, ...headers, content: { 'application/problem+json': { schema } } }]
  }),
)

/** The shared response of a status. */
export function refersTo(status: number | 'default'): { readonly $ref: string } {
  return { $ref: `#/components/responses/${nameOf(String(status))}` }
}

/** `404` is `NotFound`. */
function nameOf(status: string): string {
  return (STATUS_CODES[status] ?? 'Problem').replaceAll(/[^A-Za-z]/g, '')
}
