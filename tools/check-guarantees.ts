/** Checks the proofs in docs/guarantees.md and docs/security.md: each test or law that it cites by its title is in the file that it links. */
import { existsSync, readFileSync } from 'node:fs'
import { posix, resolve } from 'node:path'
import type { Read } from './check-links.ts'
import { report, root } from './repository.ts'
import { type Token, tokensOf } from './tokens.ts'

/**
 * Every citation that is not kept, as `path:line: *title*: what is wrong`. A cell of a table cites
 * `*title* ([text](file))`, or several titles before one link; a title that ends in ` …` is the beginning of one.
 */
export function checkGuarantees(path: string, read: Read): string[] {
  return (read(path) ?? '').split('\n').flatMap((line, i) =>
    citationsOf(line).flatMap(({ title, target }) => {
      const fault =
        target === undefined ? 'no file is linked' : faultOf(title, posix.join(posix.dirname(path), target), read)
      return fault === undefined ? [] : [`${path}:${i + 1}: *${title}*: ${fault}`]
    }),
  )
}

interface Citation {
  readonly title: string
  /** The link behind it, or undefined when its cell has none. */
  readonly target: string | undefined
}

/** Titles stand in tables; elsewhere a star is emphasis. */
function citationsOf(line: string): Citation[] {
  if (!line.startsWith('|')) return []
  return line.split('|').flatMap((cell) => {
    const links = [...cell.matchAll(/\]\(([^)\s]+)\)/g)]
    return [...cell.matchAll(/(?<!\*)\*([^*]+)\*(?!\*)/g)].map((cited) => ({
      title: cited[1] ?? '',
      target: links.find((link) => link.index > cited.index)?.[1],
    }))
  })
}

function faultOf(title: string, file: string, read: Read): string | undefined {
  const source = read(file)
  if (source === undefined) return `there is no ${file}`
  return titlesOf(source).some((pieces) => isTitle(title, pieces)) ? undefined : `${file} has no such test`
}

/** The titles in `test('…')` and `law('…')`: each in pieces, between which anything may stand. */
function titlesOf(source: string): string[][] {
  const tokens = tokensOf(source)
  return tokens.flatMap(({ kind, text }, i) => {
    const called = kind === 'word' && (text === 'test' || text === 'law') && tokens[i + 1]?.text === '('
    const pieces = called ? piecesFrom(tokens, i + 2) : []
    return pieces.length === 0 ? [] : [pieces]
  })
}

/** The strings of the first argument; those inside its own calls are none of the title. */
function piecesFrom(tokens: readonly Token[], from: number): string[] {
  const pieces: string[] = []
  let depth = 0
  for (const { kind, text } of tokens.slice(from)) {
    if (depth === 0 && kind === 'string') pieces.push(text)
    if (kind !== 'sign') continue
    if (depth === 0 && (text === ',' || text === ')')) break
    if ('([{'.includes(text)) depth += 1
    if (')]}'.includes(text)) depth -= 1
  }
  return pieces
}

function isTitle(cited: string, pieces: readonly string[]): boolean {
  if (cited.endsWith(' …')) return begins(cited.slice(0, -2), pieces)
  return new RegExp(`^${pieces.map(RegExp.escape).join('.+')}$`).test(cited)
}

/** What begins with a hole would begin with everything, so it must be cited whole. */
function begins(cited: string, [first = '', ...more]: readonly string[]): boolean {
  return first.startsWith(cited) || (more.length > 0 && first !== '' && cited.startsWith(first))
}

function readIn(path: string): string | undefined {
  const full = resolve(root, path)
  return existsSync(full) ? readFileSync(full, 'utf8') : undefined
}

if (import.meta.main) {
  const documents = ['docs/guarantees.md', 'docs/security.md']
  report(
    'guarantees',
    documents.flatMap((path) => checkGuarantees(path, readIn)),
  )
}
