/** Measures a writing and a reading program together: from the first message published to the last one read. */
import { type Child, type ChildOptions, type Report, startChild } from './child.ts'
import type { Figures } from './row.ts'

export interface EndToEnd<Input extends Sizes> {
  readonly writer: string
  readonly reader: string
  /** For both programs. */
  readonly input: Input
  readonly options?: ChildOptions
}

export interface Sizes {
  /** Messages that warm both up, and are not measured. */
  readonly warm: number
  readonly count: number
}

/** Both programs report when they are open, when the warm-up is over, and when all is done. */
export async function endToEnd<Input extends Sizes>({
  writer,
  reader,
  input,
  options,
}: EndToEnd<Input>): Promise<Figures> {
  await using reading = startChild(reader, input, options)
  await reading.next()
  await using writing = startChild(writer, input, options)
  await writing.next()
  await both(reading, writing)
  const { written, read } = await both(reading, writing)
  const from = written.from ?? 0
  const end = Math.max(written.at ?? 0, read.at ?? 0)
  return {
    perSecond: (input.count / (end - from)) * 1000,
    writtenPerSecond: (input.count / ((written.at ?? 0) - from)) * 1000,
    ...(written.rssMb ? { writerMb: written.rssMb } : {}),
    ...(read.rssMb ? { readerMb: read.rssMb } : {}),
  }
}

async function both(reading: Child, writing: Child): Promise<{ written: Report; read: Report }> {
  reading.go()
  writing.go()
  const [written, read] = await Promise.all([writing.next(), reading.next()])
  return { written, read }
}
