/** What a process asked of the system, as strace saw it. */
import { readFileSync } from 'node:fs'

export interface Call {
  readonly pid: number
  readonly name: string
  /** The arguments as strace prints them, with the paths of file descriptors. */
  readonly text: string
  /** Positions in the order of all calls: when it began, and when it had ended. */
  readonly began: number
  readonly ended: number
  readonly failed: boolean
}

/** The command that traces what matters for durability, of all threads, into a file; faults in strace's own words. */
export const strace = (output: string, ...faults: readonly string[]): string[] => [
  'strace',
  ...['-f', '-qq', '-y', '-s', '5000', '-o', output],
  ...['-e', 'trace=pwrite64,pread64,write,fdatasync,fsync,openat,unlink,ftruncate'],
  ...['-e', 'signal=none'],
  ...faults.flatMap((fault) => ['-e', `inject=${fault}`]),
]

/** All calls of a trace, in the order in which they began. */
export function readTrace(path: string): Call[] {
  const open = new Map<number, { name: string; text: string; began: number }>()
  const calls: Call[] = []
  for (const [position, line] of readFileSync(path, 'latin1').split('\n').entries()) {
    const pid = Number.parseInt(line, 10)
    const rest = line.replace(/^\d+ +/, '')
    const resumed = /^<\.\.\. \w+ resumed>/.test(rest)
    const start = resumed ? open.get(pid) : { name: /^\w+/.exec(rest)?.[0] ?? '', text: rest, began: position }
    if (start === undefined || start.name === '') continue
    if (rest.endsWith('<unfinished ...>')) open.set(pid, start)
    else calls.push({ ...start, pid, ended: position, failed: / = -1 /.test(rest.slice(-200)) })
  }
  return calls.sort((a, b) => a.began - b.began)
}

export const isSync = (call: Call, file: string): boolean =>
  (call.name === 'fdatasync' || call.name === 'fsync') && call.text.includes(`${file}>`)

export const isOn = (call: Call, name: string, file: string): boolean =>
  call.name === name && call.text.includes(`${file}>`)

/** Lines that were written to standard output. */
export const isPrinted = (call: Call, line: string): boolean =>
  call.name === 'write' && call.text.startsWith('write(1<') && call.text.includes(`"${line}\\n"`)
