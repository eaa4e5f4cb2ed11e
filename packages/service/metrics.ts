/** Counters and durations in the Prometheus text format. */

export type Labels = Readonly<Record<string, string>>

export interface Metrics {
  /** Adds one to a counter. The help text of its first use is kept. */
  count(name: string, help: string, labels?: Labels): void
  /** Adds one duration, in seconds, to a histogram. */
  observe(name: string, help: string, seconds: number, labels?: Labels): void
  /** A value that is read whenever somebody asks. */
  gauge(name: string, help: string, read: () => number): void
  text(): string
}

const bounds = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

interface Family {
  readonly help: string
  readonly type: 'counter' | 'histogram' | 'gauge'
  /** Each series by its name and labels. */
  readonly series: Map<string, number>
}

export function createMetrics(): Metrics {
  const families = new Map<string, Family>()
  const gauges = new Map<string, () => number>()

  function familyOf(name: string, type: Family['type'], help: string): Family {
    const found = families.get(name)
    if (found) return found
    const made: Family = { help, type, series: new Map() }
    families.set(name, made)
    return made
  }

  return {
    count(name, help, labels = {}) {
      add(familyOf(name, 'counter', help), `${name}${show(labels)}`, 1)
    },
    observe(name, help, seconds, labels = {}) {
      const family = familyOf(name, 'histogram', help)
      for (const bound of bounds) {
        add(family, `${name}_bucket${show({ ...labels, le: String(bound) })}`, seconds <= bound ? 1 : 0)
      }
      add(family, `${name}_bucket${show({ ...labels, le: '+Inf' })}`, 1)
      add(family, `${name}_sum${show(labels)}`, seconds)
      add(family, `${name}_count${show(labels)}`, 1)
    },
    gauge(name, help, read) {
      familyOf(name, 'gauge', help)
      gauges.set(name, read)
    },
    text() {
      for (const [name, read] of gauges) families.get(name)?.series.set(name, read())
      return [...families].map(([name, family]) => showFamily(name, family)).join('')
    },
  }
}

function add(family: Family, series: string, value: number): void {
  family.series.set(series, (family.series.get(series) ?? 0) + value)
}

function show(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function showFamily(name: string, { help, type, series }: Family): string {
  const lines = [...series].map(([key, value]) => `${key} ${value}\n`).join('')
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines}`
}
