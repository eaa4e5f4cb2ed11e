/** The command `vestnik`, for programs that carry it under a name of their own. */
export { main, run } from './run.ts'
export type { Terminal } from './terminal.ts'
