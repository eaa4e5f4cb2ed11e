/** What the figures were measured on. */
import { open } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { median } from '../../tools/stats.ts'
import { inFolder } from './folder.ts'

export interface Machine {
  readonly cores: number
  readonly processor: string
  readonly memoryGb: number
  readonly system: string
  readonly node: string
  readonly sqlite: string
  /** Median of a 4 KiB write and its fdatasync, where the measurements write. */
  readonly fsyncMs: number
  /** Other work on the machine when the run began: the load of the last minute. */
  readonly load: number
}

export async function machineFacts(): Promise<Machine> {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    sqlite: process.versions.sqlite ?? 'unknown',
    fsyncMs: await inFolder(fsyncLatency),
    load: loadavg()[0] ?? 0,
  }
}

/** Milliseconds that a small durable write takes in the folder: the median of 100. */
export async function fsyncLatency(folder: string): Promise<number> {
  const file = await open(join(folder, 'fsync'), 'w')
  try {
    const block = new Uint8Array(4096)
    const took: number[] = []
    for (let i = 0; i < 100; i += 1) {
      const before = performance.now()
      await file.write(block, 0, block.length, i * block.length)
      await file.datasync()
      took.push(performance.now() - before)
    }
    return median(took)
  } finally {
    await file.close()
  }
}
