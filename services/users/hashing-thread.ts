/** One of the threads that hash passwords (hashing-threads.ts). It gives way to whatever else the machine has to do. */
import { type Argon2Parameters, argon2Sync } from 'node:crypto'
import { constants, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'

giveWay()
parentPort?.on('message', (parameters: Argon2Parameters) => {
  parentPort?.postMessage(argon2Sync('argon2id', parameters))
})

function giveWay(): void {
  // Linux has a priority for each thread, and means the one that asks. Elsewhere it would be that of the whole process.
  if (process.platform !== 'linux') return
  try {
    // Not the lowest: on a machine that always has something to do, people get in slowly, but they get in.
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // A sandbox that forbids it: hashes are made all the same.
  }
}
