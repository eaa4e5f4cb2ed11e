/** How a conformance suite opens what it tries: in this process, or by name in any process. */

/** What other processes can open too: the function that `module` (a file URL) exports under `export`, called with `argument`. */
export interface OpenByName {
  readonly module: string
  readonly export: string
  /** Goes to other processes: plain data. */
  readonly argument?: unknown
}

export type Opening<T> = OpenByName | (() => Promise<T>)

/** Whether processes of their own can open it. */
export function isByName<T>(opening: Opening<T>): opening is OpenByName {
  return typeof opening !== 'function'
}

export async function openHere<T>(opening: Opening<T>): Promise<T> {
  if (!isByName(opening)) return opening()
  const module: Record<string, unknown> = await import(opening.module)
  const open = module[opening.export]
  if (typeof open !== 'function') throw new Error(`${opening.module} exports no function ${opening.export}`)
  return open(opening.argument)
}
