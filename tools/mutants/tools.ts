/** Mutants of the repository's own checks: a check that finds nothing is worse than none. */
import type { Mutant } from './mutant.ts'

export const toolsMutants: readonly Mutant[] = [
  {
    name: 'imports of packages unseen',
    rule: 'A package imports of ours only what its row allows.',
    file: 'tools/check-imports.ts',
    find: 'rule === undefined || isForTests(path)',
    replace: "rule === undefined || isForTests(path) || from.startsWith('@')",
    tests: ['tools/check-imports.test.ts'],
  },
  {
    name: 'a clock taken out of its object',
    rule: 'What is banned is banned by every way to reach it.',
    file: 'tools/check-ports.ts',
    find: 'onlyDotted.includes(token.text) && !isDot(tokens[i + 1])',
    replace: 'false',
    tests: ['tools/check-ports.test.ts'],
  },
  {
    name: 'a missing suite passes in CI',
    rule: 'In CI a suite that did not run has failed.',
    file: 'tools/test-summary.ts',
    find: 'lost.length + missing.length',
    replace: 'lost.length',
    tests: ['tools/test-summary.test.ts'],
  },
]
