/** Loaded before a service: at SIGUSR2 it is told at which point of the engine, and at which visit, it kills itself. */
import { readFileSync } from 'node:fs'
import { systemPorts } from '@vestnik/bus'

const file = process.env.CAMPAIGN_CRASH_FILE

if (file !== undefined) {
  let wanted: { readonly point: string; left: number } | undefined
  process.on('SIGUSR2', () => {
    const [point = '', time] = readFileSync(file, 'utf8').split(' ')
    wanted = { point, left: Number(time) }
  })
  systemPorts.crash = (point) => {
    if (point !== wanted?.point) return
    wanted.left -= 1
    if (wanted.left <= 0) process.kill(process.pid, 'SIGKILL')
  }
}
