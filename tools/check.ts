/** Everything that can be said in a minute: `npm run check`, or `npm run check -- types` for one of the steps. */
import { spawn } from 'node:child_process'
import { styleText } from 'node:util'
import { env, root } from './repository.ts'

interface Step {
  readonly name: string
  readonly command: readonly string[]
}

/** One after another. */
const looks: readonly Step[] = [
  // Several threads check much of it twice, and no sooner: the tests want the other cores.
  { name: 'types', command: ['tsc', '--singleThreaded'] },
  // What runs in a browser has another world around it.
  { name: 'types of the mailbox’s page', command: ['tsc', '--singleThreaded', '-p', 'services/mailbox/page'] },
  { name: 'types of the gateway’s page', command: ['tsc', '--singleThreaded', '-p', 'services/gateway/page'] },
  { name: 'format', command: ['biome', 'ci', '--error-on-warnings', '--colors=off'] },
  { name: 'imports', command: ['node', 'tools/check-imports.ts'] },
  { name: 'ports', command: ['node', 'tools/check-ports.ts'] },
  { name: 'docs', command: ['node', 'tools/errors-doc.ts', '--check'] },
  { name: 'links', command: ['node', 'tools/check-links.ts'] },
  { name: 'guarantees', command: ['node', 'tools/check-guarantees.ts'] },
]
/** They wait half of their time: the looks run beside them. */
const tests: readonly Step[] = [{ name: 'tests', command: ['node', 'tools/test.ts', 'pure'] }]

const words = process.argv.slice(2)
const names = [...looks, ...tests].map(({ name }) => name)
const lost = words.filter((word) => !names.includes(word))
if (lost.length > 0) {
  console.error(`no such step: ${lost.join(' ')}; steps: ${names.join(', ')}`)
  process.exit(2)
}
const results = await Promise.all([looks, tests].map(runInTurn))
process.exitCode = results.flat().every(Boolean) ? 0 : 1

/** Those of the steps that are chosen. */
async function runInTurn(steps: readonly Step[]): Promise<boolean[]> {
  const results: boolean[] = []
  for (const step of steps) {
    if (words.length === 0 || words.includes(step.name)) results.push(await runStep(step))
  }
  return results
}

/** Says the step's whole output if it failed, else one line. */
async function runStep({ name, command: [program = '', ...args] }: Step): Promise<boolean> {
  const started = performance.now()
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: Buffer[] = []
  child.stdout.on('data', (data) => output.push(data))
  child.stderr.on('data', (data) => output.push(data))
  const code = await new Promise((resolve) => child.once('close', resolve).once('error', resolve))
  const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`
  if (code !== 0) process.stdout.write(Buffer.concat(output))
  const mark = code === 0 ? styleText('green', '✔') : styleText('red', '✖')
  console.log(`${mark} ${name} (${seconds})${code instanceof Error ? `: ${code.message}` : ''}`)
  return code === 0
}
