/** Makes docs/errors.md from the table of codes; with --check says whether it is up to date. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { codes } from '../packages/bus/errors.ts'
import { report, root } from './repository.ts'

/** The page: every code with what it means and what to do. */
export function errorsPage(): string {
  const rows = Object.entries(codes).map(
    ([code, { meaning, remedy }]) => `### ${code}\n\n${meaning}\n\n**What to do:** ${remedy}\n`,
  )
  return `# Errors

Every error is a \`BusError\` with a \`code\`, a message that says what was attempted, on what, and why it failed, and often a
\`cause\`. Programs look at the code, never at the text. This page is made from
[packages/bus/errors.ts](../packages/bus/errors.ts) by \`npm run docs\`.

${rows.join('\n')}`
}

/** What is wrong with the page that stands there. */
export function checkErrorsPage(found: string): string[] {
  return found === errorsPage() ? [] : ['docs/errors.md is not what packages/bus/errors.ts says: npm run docs']
}

if (import.meta.main) {
  const path = resolve(root, 'docs/errors.md')
  if (!process.argv.includes('--check')) writeFileSync(path, errorsPage())
  else report('docs', checkErrorsPage(existsSync(path) ? readFileSync(path, 'utf8') : ''))
}
