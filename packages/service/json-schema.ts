/** JSON Schema of zod's schemas, as people read it: what is said twice, or only of JavaScript, is left out. */
import { z } from 'zod'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly examples?: readonly Json[]
  readonly default?: Json
  readonly const?: Json
  readonly enum?: readonly Json[]
  readonly $ref?: string
  readonly [other: string]: unknown
}

export interface NamedSchemas {
  readonly schema: JsonSchema
  /** Schemas that have an id, which the schema refers to as `#/components/schemas/<id>`. */
  readonly named: Readonly<Record<string, JsonSchema>>
}

/** `input`: what is sent; `output`: what is answered. */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): NamedSchemas {
  const made = z.toJSONSchema(schema, { io, override: ({ zodSchema, jsonSchema }) => tidy(zodSchema, jsonSchema) })
  const text = JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/')
  const { $schema: _, $defs = {}, ...rest } = JSON.parse(text)
  return { schema: rest, named: $defs }
}

/** Something that fits: the first example, or what the schema says by itself. */
export function exampleOf(schema: JsonSchema, named: Readonly<Record<string, JsonSchema>>): Json {
  const { $ref, examples, anyOf, items, properties, type } = schema
  const referred = named[$ref?.split('/').at(-1) ?? '']
  if (referred) return exampleOf(referred, named)
  const said = examples?.[0] ?? schema.default ?? schema.const ?? schema.enum?.[0]
  if (said !== undefined) return said
  if (anyOf?.[0]) return exampleOf(anyOf[0], named)
  if (items) return [exampleOf(items, named)]
  if (properties) {
    return Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, exampleOf(one, named)]))
  }
  return plain[String(type)] ?? null
}

const plain: Readonly<Record<string, Json>> = { string: 'string', integer: 1, number: 1, boolean: true }

type Mutable = Record<string, unknown>

function tidy(zodSchema: z.core.$ZodType, made: Mutable): void {
  const { examples, default: standard } = z.globalRegistry.get(zodSchema as z.ZodType) ?? {}
  // What is transformed has its example and default all the same: they are meant for who sends it.
  if (examples !== undefined) made.examples = examples
  if (standard !== undefined) made.default = standard
  delete made.readOnly
  delete made.id
  // Parameters are text, and these are whole numbers in it; a time has its format.
  if (made.type === 'integer' || made.format === 'date-time') delete made.pattern
  if (made.maximum === Number.MAX_SAFE_INTEGER) delete made.maximum
  if (made.minimum === Number.MIN_SAFE_INTEGER) delete made.minimum
  if (made.type === 'integer' && made.exclusiveMinimum === 0) {
    delete made.exclusiveMinimum
    made.minimum = 1
  }
}
