/** Waiting that ends in time. */

/** Resolves when the work has ended, or when the deadline is over or was so already. Rejects as the work does before that. */
export function untilDeadline(work: Promise<unknown>, deadline: AbortSignal): Promise<unknown> {
  if (deadline.aborted) return Promise.resolve()
  return Promise.race([work, new Promise((resolve) => deadline.addEventListener('abort', resolve, { once: true }))])
}
