/** The answer to a code that does not fit. */
import { Problem } from '@vestnik/service'

/** Problem 422, the same for a wrong, a used, an expired and an exhausted code. */
export function wrongCode(): Problem {
  return new Problem(422, 'The code is wrong or can no longer be used.')
}
