/** Builds the public packages to JavaScript with types, and packs them: `npm run pack -- <folder>`. @default dist/packages */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { env, isForTests, root } from './repository.ts'

interface Manifest {
  readonly name: string
  readonly description: string
  readonly private?: boolean
  readonly exports: Readonly<Record<string, string>>
  readonly bin?: Readonly<Record<string, string>>
}

/** Packs every package of the repository that is not private into the folder, and names the archives. */
export function pack(folder: string, from: string = root): string[] {
  const staging = mkdtempSync(join(tmpdir(), 'vestnik-pack-'))
  try {
    const packages = globSync('packages/*/package.json', { cwd: from })
      .sort()
      .map((path) => ({ at: path.split('/')[1] ?? '', manifest: readManifest(join(from, path)) }))
      .filter(({ manifest }) => manifest.private !== true)
    const names = packages.map(({ at }) => at)
    compile(from, names, staging)
    for (const { at, manifest } of packages) complete(from, at, manifest, join(staging, at))
    mkdirSync(folder, { recursive: true })
    return names.map((name) => archive(join(staging, name), folder))
  } finally {
    rmSync(staging, { recursive: true })
  }
}

function compile(from: string, names: readonly string[], outDir: string): void {
  const include = names.map((name) => `${from}/packages/${name}/**/*.ts`)
  const files = globSync(include).filter((path) => !path.includes('/node_modules/') && !isForTests(path))
  const config = join(outDir, 'tsconfig.json')
  const compilerOptions = {
    noEmit: false,
    outDir,
    rootDir: `${from}/packages`,
    typeRoots: [`${root}/node_modules/@types`],
  }
  writeFileSync(config, JSON.stringify({ extends: `${root}/tsconfig.json`, compilerOptions, include: [], files }))
  const { status, stdout } = spawnSync('tsc', ['--project', config], { cwd: root, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`build the packages: tsc found\n${stdout}`)
  for (const path of globSync(`${outDir}/**/*.js`))
    writeFileSync(path, pointToJavaScript(path, readFileSync(path, 'utf8')))
}

/** The compiler rewrites imports, but not the paths from which threads and processes are started. */
function pointToJavaScript(path: string, text: string): string {
  return text.replace(/(['"`])(\.{1,2}\/[^'"`\n]+)\.ts\1/g, (written, quote, target) => {
    if (existsSync(join(dirname(path), `${target}.js`))) return `${quote}${target}.js${quote}`
    throw new Error(`build ${path}: ${written} names a source that is not packed`)
  })
}

/** What npm needs beside the built files. */
function complete(from: string, name: string, manifest: Manifest, to: string): void {
  const exports = Object.entries(manifest.exports).map(([path, source]) => [
    path,
    { types: source.replace(/\.ts$/, '.d.ts'), default: source.replace(/\.ts$/, '.js') },
  ])
  const bin = Object.entries(manifest.bin ?? {}).map(([command, source]) => [command, source.replace(/\.ts$/, '.js')])
  const built = {
    ...manifest,
    exports: Object.fromEntries(exports),
    ...(bin.length > 0 && { bin: Object.fromEntries(bin) }),
  }
  writeFileSync(join(to, 'package.json'), JSON.stringify(built, null, 2))
  copyFileSync(join(from, 'LICENSE'), join(to, 'LICENSE'))
  const readme = [`packages/${name}/README.md`, ...(name === 'vestnik' ? ['README.md'] : [])].find((path) =>
    existsSync(join(from, path)),
  )
  if (readme === undefined) writeFileSync(join(to, 'README.md'), `# ${manifest.name}\n\n${manifest.description}.\n`)
  else copyFileSync(join(from, readme), join(to, 'README.md'))
}

function archive(staged: string, folder: string): string {
  const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', resolve(folder)]
  const [packed] = JSON.parse(
    execFileSync('npm', words, { cwd: staged, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  )
  return join(resolve(folder), packed.filename)
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8'))
}

if (import.meta.main) for (const path of pack(process.argv[2] ?? join(root, 'dist/packages'))) console.log(path)
