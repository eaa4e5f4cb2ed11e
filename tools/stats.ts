/** Medians and percentiles. */

export const median = (values: readonly number[]): number => percentile(values, 50)

/** The value below which `percent` of the values lie, by the nearest rank. NaN of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = Float64Array.from(values).sort()
  const rank = Math.ceil((percent / 100) * sorted.length)
  return sorted[Math.max(0, rank - 1)] ?? Number.NaN
}
