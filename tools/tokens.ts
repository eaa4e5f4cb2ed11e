/** The words and strings of a TypeScript source, without comments, and the modules that it imports. */
import { SyntaxKind } from 'typescript/unstable/ast'
import { createScanner, type Scanner } from 'typescript/unstable/ast/scanner'

export interface Token {
  readonly kind: 'word' | 'string' | 'sign'
  /** A string's value without its quotes; a template comes in pieces. */
  readonly text: string
  /** From 1. */
  readonly line: number
}

export interface Import {
  readonly from: string
  readonly line: number
  /** A type is gone when the program runs; a file is read, or started as a thread, by its URL. */
  readonly kind: 'value' | 'type' | 'file'
}

/** All tokens in order. */
export function tokensOf(source: string): Token[] {
  const scanner = createScanner(true)
  scanner.setText(source)
  const lineAt = lineCounter(source)
  const tokens: Token[] = []
  const braces: ('block' | 'template')[] = []
  for (;;) {
    const syntax = next(scanner, braces, tokens.at(-1))
    if (syntax === SyntaxKind.EndOfFile) return tokens
    const kind = kindOf(syntax)
    const text = kind === 'string' ? scanner.getTokenValue() : scanner.getTokenText()
    tokens.push({ kind, text, line: lineAt(scanner.getTokenStart()) })
  }
}

/** Every module named by import, export … from, import() and new URL('./x', import.meta.url). */
export function importsOf(tokens: readonly Token[]): Import[] {
  const imports: Import[] = []
  let statement = 0 // where the last `import` or `export` stands
  tokens.forEach(({ kind, text, line }, i) => {
    if (kind === 'word' && (text === 'import' || text === 'export')) statement = i
    if (kind !== 'string') return
    const [before, second] = [tokens[i - 1]?.text, tokens[i - 2]?.text]
    const add = (as: Import['kind'], from = text) => imports.push({ from, line, kind: as })
    if (before === 'from' || before === 'import') add(tokens[statement + 1]?.text === 'type' ? 'type' : 'value')
    if (before === '(' && second === 'import') add('value')
    if (before === '(' && second === 'URL' && namesOwnFile(tokens, i)) {
      add('file', text.startsWith('.') ? text : `./${text}`)
    }
  })
  return imports
}

function namesOwnFile(tokens: readonly Token[], i: number): boolean {
  return ['.', 'meta', '.', 'url'].every((text, n) => tokens[i + 3 + n]?.text === text)
}

/** One step of the scanner, which must be told where a slash begins a pattern and where a brace ends a template's hole. */
function next(scanner: Scanner, braces: ('block' | 'template')[], before: Token | undefined): SyntaxKind {
  const syntax = scanner.scan()
  if (syntax === SyntaxKind.TemplateHead) braces.push('template')
  if (syntax === SyntaxKind.OpenBraceToken) braces.push('block')
  if (syntax === SyntaxKind.CloseBraceToken && braces.pop() === 'template') {
    const piece = scanner.reScanTemplateToken(false)
    if (piece === SyntaxKind.TemplateMiddle) braces.push('template')
    return piece
  }
  const slash = syntax === SyntaxKind.SlashToken || syntax === SyntaxKind.SlashEqualsToken
  return slash && !endsValue(before) ? scanner.reScanSlashToken() : syntax
}

/** After a value a slash divides; anywhere else it begins a pattern. */
function endsValue(token: Token | undefined): boolean {
  if (token === undefined) return false
  if (token.kind === 'sign') return [')', ']', '}'].includes(token.text) || /^[0-9/]/.test(token.text)
  return !['return', 'typeof', 'case', 'in', 'of', 'await', 'yield', 'void', 'throw'].includes(token.text)
}

const strings: readonly SyntaxKind[] = [
  SyntaxKind.StringLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
  SyntaxKind.TemplateHead,
  SyntaxKind.TemplateMiddle,
  SyntaxKind.TemplateTail,
]

function kindOf(syntax: SyntaxKind): Token['kind'] {
  if (strings.includes(syntax)) return 'string'
  return syntax >= SyntaxKind.Identifier && syntax <= SyntaxKind.LastKeyword ? 'word' : 'sign'
}

function lineCounter(source: string): (position: number) => number {
  let [line, reached] = [1, 0]
  return (position) => {
    for (; reached < position; reached += 1) if (source[reached] === '\n') line += 1
    return line
  }
}
