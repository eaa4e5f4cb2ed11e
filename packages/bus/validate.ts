/** Validation by any Standard Schema, with issues as one sentence that names paths and reasons, never values. */
import type { StandardSchemaV1 } from '@standard-schema/spec'

export type Validated<Payload> = { readonly value: Payload; readonly issues: undefined } | { readonly issues: string }

/** Answers at once where the schema does, so that nothing waits for a promise that is not needed. */
export function validate<Payload>(
  schema: StandardSchemaV1<unknown, Payload>,
  value: unknown,
): Validated<Payload> | Promise<Validated<Payload>> {
  const result = schema['~standard'].validate(value)
  return result instanceof Promise ? result.then(read) : read(result)
}

function read<Payload>(result: StandardSchemaV1.Result<Payload>): Validated<Payload> {
  if (!result.issues) return { value: result.value, issues: undefined }
  return { issues: result.issues.slice(0, 5).map(describe).join('; ') }
}

function describe(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return path === '' ? issue.message : `${path}: ${issue.message}`
}
