/** What importing costs a program, from the packed packages as users install them. */
import { execFile } from 'node:child_process'
import { copyFile, mkdir, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { pack } from '../../tools/pack.ts'
import { median } from '../../tools/stats.ts'
import { type Figures, figureOf, type Medians, type Row, ratio, type Settings, type Side } from '../harness/row.ts'

const exec = promisify(execFile)
const ownModules = ['@vestnik/bus', '@vestnik/transport-sqlite']

export const importRow: Row = {
  name: 'import',
  title: 'importing bus and embedded transport in a fresh process',
  sides: (settings) => [
    side('bare', 'bare Node', [], settings),
    side('ours', ownModules.join(' and '), ownModules, settings),
    side('fastify', 'fastify', ['fastify'], settings),
  ],
  requirements: [
    { says: 'more memory than bare Node', unit: 'MB', value: moreMemory, atMost: 25 },
    { says: 'the time of importing fastify', unit: '×', value: ratio('importMs', 'ours', 'fastify'), atMost: 2 },
  ],
}

function moreMemory(medians: Medians): number | undefined {
  const [ours, bare] = ['ours', 'bare'].map((name) => figureOf(medians, name, 'rssMb'))
  return ours === undefined || bare === undefined ? undefined : ours - bare
}

function side(name: string, title: string, modules: readonly string[], { quick, folder }: Settings): Side {
  return {
    name,
    title,
    async run(): Promise<Figures> {
      const project = await install(folder)
      const runs: Figures[] = []
      for (let i = 0; i < (quick ? 1 : 9); i += 1) runs.push(await importOnce(project, modules))
      const middle = (figure: string) => median(runs.map((run) => run[figure] ?? 0))
      return { importMs: middle('importMs'), rssMb: middle('rssMb') }
    },
  }
}

async function importOnce(project: string, modules: readonly string[]): Promise<Figures> {
  const { stdout } = await exec(process.execPath, [join(project, 'import.mjs'), ...modules])
  return JSON.parse(stdout) as Figures
}

const projects = new Map<string, Promise<string>>()

/** A project with the packed packages installed, once for each folder. */
function install(folder: string): Promise<string> {
  const made = projects.get(folder) ?? makeProject(join(folder, 'project'))
  projects.set(folder, made)
  return made
}

async function makeProject(project: string): Promise<string> {
  await mkdir(join(project, 'node_modules'), { recursive: true })
  await copyFile(fileURLToPath(new URL('../programs/import.mjs', import.meta.url)), join(project, 'import.mjs'))
  const archives = pack(join(project, 'packed'))
  for (const name of ownModules) await unpack(project, name, archives)
  await link(project, 'fastify')
  return project
}

async function unpack(project: string, name: string, archives: readonly string[]): Promise<void> {
  const archive = archives.find((path) => path.includes(`/${name.slice(1).replace('/', '-')}-`))
  if (!archive) throw new Error(`${name} was not packed`)
  const to = join(project, 'node_modules', name)
  await mkdir(to, { recursive: true })
  await exec('tar', ['-xzf', archive, '-C', to, '--strip-components=1'])
  const { dependencies = {} } = JSON.parse(await readFile(join(to, 'package.json'), 'utf8'))
  for (const dependency of Object.keys(dependencies)) {
    if (!dependency.startsWith('@vestnik/')) await link(project, dependency)
  }
}

/** Makes a dependency of the repository one of the project. */
async function link(project: string, name: string): Promise<void> {
  const to = join(project, 'node_modules', name)
  await mkdir(dirname(to), { recursive: true })
  const found =
    createRequire(import.meta.url)
      .resolve.paths(name)
      ?.map((folder) => join(folder, name)) ?? []
  await symlink(await firstThatExists(found), to).catch((error) => {
    if (error.code !== 'EEXIST') throw error
  })
}

async function firstThatExists(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    const there = await readFile(join(path, 'package.json')).catch(() => undefined)
    if (there) return path
  }
  throw new Error(`none of ${paths.join(', ')} exists`)
}
