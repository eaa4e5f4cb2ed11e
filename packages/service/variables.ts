/** Reads variables one after another; a wrong one is told with its name, what was found and what is allowed. */
import { BusError } from '@vestnik/bus/errors'
import type { Environment } from './environment.ts'
import type { Field } from './fields.ts'

/**
 * Reads the variables that the fields name; all others are left alone.
 * @throws BusError `BAD_CONFIG` for the first that is wrong
 */
export function readVariables<Values extends object>(
  environment: Environment,
  fields: { readonly [Name in keyof Values]: Field<Values[Name]> },
): Values {
  const values: Partial<Values> = {}
  for (const name in fields) {
    values[name] = readVariable(name, environment[name], fields[name])
  }
  return values as Values
}

function readVariable<Value>(name: string, found: string | undefined, field: Field<Value>): Value {
  const read = field.schema.safeParse(found)
  if (read.success) return read.data
  const shown =
    found === undefined ? 'not set' : field.secret === true ? 'set to something else' : JSON.stringify(masked(found))
  throw new BusError('BAD_CONFIG', `${name} is ${shown}: it must be ${field.allowed}`)
}

/**
 * A URL without its user and password, whatever these are made of, also where its slashes are missing or the password is
 * a parameter. A path of a file is shown as it is.
 */
export function masked(url: string): string {
  if (url.startsWith('sqlite:')) return url
  const bare = url.includes('//') ? url.replace(/\/\/.*@/s, '//***@') : url.replace(/^[^@]*:.*@/s, '***@')
  return bare.replace(/([?&][^=&]*pass[^=&]*=)[^&]*/gi, '$1***')
}
