/**
 * What a mutant is: one rule of the program, broken at one place of its text, and the tests that must notice.
 *
 *     {
 *       name: 'inbox outside the transaction',          // short, unique
 *       rule: 'Mark and handler commit together.',      // what it breaks, as a sentence
 *       file: 'packages/bus/deliver.ts',                // from the root
 *       find: 'if (!(await insert(tx, message))) return', // stands exactly once in the file
 *       replace: 'await insert(tx, message)',           // still a program that loads
 *       tests: ['packages/bus/deliver.test.ts'],        // the files to run; the fewer and faster, the better
 *       only: 'handled once',                           // optional: run only tests whose titles match this pattern
 *     }
 *
 * The file on the disk stays as it is: preload.ts puts the replacement in place while the tests load it, in every
 * process and thread that they start. What is not loaded by Node from the sources (packed packages) is not reached.
 */
export interface Mutant {
  readonly name: string
  readonly rule: string
  readonly file: string
  readonly find: string
  readonly replace: string
  readonly tests: readonly string[]
  readonly only?: string
}
