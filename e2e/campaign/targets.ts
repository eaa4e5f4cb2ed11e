/** What faults are done to. */

/** A process, or a server of several. */
export interface Mortal {
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>
  /** Resolves when it does its work again, whoever starts it. */
  start(): Promise<void>
  /** SIGSTOP. */
  freeze(): void
  /** SIGCONT. */
  thaw(): void
  /** Its next steps lead to its death at this point of the engine, if it comes there so often. */
  readonly arm?: (point: string, time: number) => void
}

/** The links of one place to another. */
export interface Links {
  /** All that are open are reset. */
  cut(): void
  /** All that are open carry nothing more. */
  silence(): void
  /** New ones are reset, until it is told otherwise. */
  refuse(refused: boolean): void
}

export interface Disk {
  /** Leaves no room. */
  fill(): void
  makeRoom(): void
}

/** By name: `users#1`, `broker`, `database`, `gateway` (links). */
export interface Targets {
  readonly services: ReadonlyMap<string, Mortal>
  readonly brokers: ReadonlyMap<string, Mortal>
  readonly databases: ReadonlyMap<string, Mortal>
  readonly links: ReadonlyMap<string, Links>
  readonly disks: ReadonlyMap<string, Disk>
}

export type TargetKind = keyof Targets

/** The names of all targets, by kind: what a plan is drawn from. */
export type TargetNames = Readonly<Record<TargetKind, readonly string[]>>
