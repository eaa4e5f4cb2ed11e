/** Checks that the engine takes time, chance and identity as arguments: nothing in packages/bus reaches for the machine's own. */
import { isForTests, readSources, report, type Source } from './repository.ts'
import { importsOf, type Token, tokensOf } from './tokens.ts'

/** The one file that may: it makes the machine's own ports. */
const machine = 'packages/bus/system.ts'

/** The one file that may turn a time into its text and back, which reads no clock. */
const formatting = 'packages/bus/iso-time.ts'

/** The one file that may make digests, which depend on nothing but their text. */
const digests = 'packages/bus/texts.ts'
const hashAlone = "import { hash } from 'node:crypto'\n"

/** Words, or words with dots between, that are not to be used, and what stands in their place. */
const banned: Readonly<Record<string, string>> = {
  Date: 'ports.now()',
  Temporal: 'ports.now()',
  performance: 'ports.now()',
  setTimeout: 'ports.sleep()',
  setInterval: 'ports.sleep()',
  setImmediate: 'ports.sleep()',
  scheduler: 'ports.sleep()',
  'AbortSignal.timeout': 'ports.sleep()',
  'Atomics.wait': 'ports.sleep()',
  'Atomics.waitAsync': 'ports.sleep()',
  'Math.random': 'ports.random()',
  crypto: 'ports.random() or ports.id()',
  'process.hrtime': 'ports.now()',
  'process.uptime': 'ports.now()',
  'process.pid': 'ports.id()',
  'process.exit': 'ports.crash()',
  'process.kill': 'ports.crash()',
  globalThis: 'the name itself',
}

/** Modules that bring the same, or the world outside. */
const bannedModules =
  /^(node:)?(timers|crypto|perf_hooks|os|fs|net|http|https|http2|dgram|dns|tls|child_process|cluster|worker_threads|sqlite|process)(\/|$)/

/** Words that stand only before a dot, so that nothing is taken out of them unseen. */
const onlyDotted: readonly string[] = ['Math', 'process', 'Atomics']

/** Every breach in these sources, as `path:line: what is wrong`. */
export function checkPorts(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => path.startsWith('packages/bus/') && path !== machine && !isForTests(path))
    .flatMap(({ path, text }) => {
      const tokens = tokensOf(path === digests ? text.replace(hashAlone, '\n') : text)
      const modules = importsOf(tokens).filter(({ from }) => bannedModules.test(from))
      return [
        ...modules.map(
          ({ from, line }) =>
            `${path}:${line}: ${from} is the machine's own; it comes through ports, store and transport`,
        ),
        ...tokens
          .flatMap((token, i) => (path === formatting && isFormatting(tokens, i) ? [] : breach(token, tokens, i)))
          .map((finding) => `${path}:${finding}`),
      ]
    })
}

function breach(token: Token, tokens: readonly Token[], i: number): string[] {
  if (token.kind !== 'word' || isDot(tokens[i - 1])) return []
  const dotted = isDot(tokens[i + 1]) ? `${token.text}.${tokens[i + 2]?.text}` : token.text
  const name = [token.text, dotted].find((written) => Object.hasOwn(banned, written))
  if (name !== undefined) return [`${token.line}: ${name} is the machine's own; use ${banned[name]}`]
  const whole = onlyDotted.includes(token.text) && !isDot(tokens[i + 1])
  return whole ? [`${token.line}: ${token.text} as a whole: name what is taken from it, after a dot`] : []
}

/** `Date.parse(…)`, or `new Date(…)` of a given time. */
function isFormatting(tokens: readonly Token[], i: number): boolean {
  const [name, second, third] = tokens.slice(i, i + 3).map(({ text }) => text)
  if (name !== 'Date') return false
  return second === '(' ? third !== ')' : second === '.' && third === 'parse'
}

function isDot(token: Token | undefined): boolean {
  return token?.kind === 'sign' && (token.text === '.' || token.text === '?.')
}

if (import.meta.main) report('ports', checkPorts(readSources('packages/bus/**/*.ts')))
