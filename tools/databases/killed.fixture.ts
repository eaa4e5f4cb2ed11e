/** Starts a server, tells its folder, freezes it if it is told to, and waits to be killed. */
import { command, privatePostgres } from './postgres.ts'

const server = await privatePostgres()
const [row] = await command(server.url, 'SHOW data_directory')
if (process.argv[2] === 'frozen') server.freeze()
process.send?.(row?.data_directory)
setInterval(() => {}, 1000)
