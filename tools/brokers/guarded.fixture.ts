/** Has files made at its end in the folder that it is given; tells who guards it, and goes on when it is told to. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { guardCommand } from './guarded.ts'

const [folder = ''] = process.argv.slice(2)
const touchLater = (name: string) => guardCommand('touch', [join(folder, name)])

touchLater('first')
const forget = touchLater('forgotten')
const [guard] = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number)
process.send?.({ guard })
await once(process, 'message')
touchLater('second')
forget()
process.send?.('told')
setInterval(() => {}, 1000)
