/** Works that wait for their turn: first come, first served, but those that are called again go before all others. */
import type { Job } from './work.ts'

export interface Queue {
  add(job: Job): void
  /** Puts jobs before all others, in their order. */
  again(jobs: readonly Job[]): void
  peek(): Job | undefined
  take(): Job | undefined
  /** Takes all. */
  clear(): Job[]
}

export function queueOfJobs(): Queue {
  let jobs: Job[] = []
  let head = 0
  return {
    add: (job) => void jobs.push(job),
    again(first) {
      jobs = [...first, ...jobs.slice(head)]
      head = 0
    },
    peek: () => jobs[head],
    take() {
      const job = jobs[head]
      head += 1
      // What was taken is let go of in large pieces: shift() would move the whole queue each time.
      if (head >= jobs.length || head === 1024) {
        jobs = jobs.slice(head)
        head = 0
      }
      return job
    },
    clear() {
      const all = jobs.slice(head)
      jobs = []
      head = 0
      return all
    },
  }
}
