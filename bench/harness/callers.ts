/** Many callers at once, each waiting for its own. */

/** Calls `work` with the numbers from `from` to below `to`, `atOnce` of them at a time. */
export async function callers(
  atOnce: number,
  from: number,
  to: number,
  work: (n: number) => Promise<unknown>,
): Promise<void> {
  let next = from
  const caller = async (): Promise<void> => {
    while (next < to) {
      const n = next
      next += 1
      await work(n)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, caller))
}
