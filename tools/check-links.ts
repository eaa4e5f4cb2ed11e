/** Checks the links of the pages: their files, headings and lines are there, and a line still has what the link names. */
import { existsSync, readFileSync } from 'node:fs'
import { posix, resolve } from 'node:path'
import { listFiles, report, root } from './repository.ts'

/** The text of a file or page of the repository, '' for a folder, undefined for what is not there. */
export type Read = (path: string) => string | undefined

/**
 * Every broken link of the page, as `path:line: what is wrong`. A link to a line whose text is code must find that
 * code there: with [`decide`](../packages/bus/policy.ts#L30), line 30 has the word `decide`.
 */
export function checkLinks(path: string, read: Read): string[] {
  return withoutCode(read(path) ?? '').flatMap((line, i) =>
    [...line.matchAll(/\[([^\]]*)\]\(([^)\s]+)\)/g)].flatMap(([, text = '', target = '']) => {
      const fault = /^[a-z]+:/.test(target) ? undefined : faultOf(path, text, target, read)
      return fault === undefined ? [] : [`${path}:${i + 1}: [${text}](${target}): ${fault}`]
    }),
  )
}

function faultOf(path: string, text: string, target: string, read: Read): string | undefined {
  const [file = '', anchor = ''] = target.split('#')
  const found = read(file === '' ? path : posix.join(posix.dirname(path), file))
  if (found === undefined) return 'there is no such file'
  if (anchor === '') return undefined
  const [, line] = /^L(\d+)(?:-L\d+)?$/.exec(anchor) ?? []
  if (line !== undefined) return faultOfLine(text, found.split('\n')[Number(line) - 1])
  return headingsOf(found).includes(anchor) ? undefined : 'there is no such heading'
}

function faultOfLine(text: string, line: string | undefined): string | undefined {
  const [, code] = /^`([^`]+)`$/.exec(text) ?? []
  if (line === undefined) return 'the file has fewer lines'
  return code === undefined || line.includes(code) ? undefined : `that line is: ${line.trim()}`
}

/** As GitHub names them. */
function headingsOf(page: string): string[] {
  return withoutCode(page).flatMap((line) => {
    const [, heading] = /^#+ (.*)$/.exec(line) ?? []
    if (heading === undefined) return []
    return heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
  })
}

/** The page's lines, those between code fences empty. */
function withoutCode(page: string): string[] {
  let inside = false
  return page.split('\n').map((line) => {
    const fence = line.trimStart().startsWith('```')
    if (fence) inside = !inside
    return inside || fence ? '' : line
  })
}

function readIn(path: string): string | undefined {
  const full = resolve(root, path)
  if (!existsSync(full)) return undefined
  return /\.[a-z]+$/.test(path) ? readFileSync(full, 'utf8') : ''
}

if (import.meta.main) {
  const pages = listFiles('*.md', '{docs,packages,services,bench,examples,deploy}/**/*.md')
  report(
    'links',
    pages.flatMap((page) => checkLinks(page, readIn)),
  )
}
