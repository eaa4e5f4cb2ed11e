/** A small program: makes so many ids and hands them to its parent. */
import { systemPorts } from '../system.ts'

const ids = Array.from({ length: Number(process.argv[2]) }, () => systemPorts.id())
process.send?.(ids, () => process.disconnect?.())
