/** Writes the broker's definitions into the file that is named, with the passwords of the environment. */
import { rename, writeFile } from 'node:fs/promises'
import { definitions } from './definitions.ts'

const [file] = process.argv.slice(2)
try {
  if (file === undefined) throw new Error('name the file to write')
  const passwords = {
    gateway: passwordOf('GATEWAY_BROKER_PASSWORD'),
    users: passwordOf('USERS_BROKER_PASSWORD'),
    films: passwordOf('FILMS_BROKER_PASSWORD'),
    mailer: passwordOf('MAILER_BROKER_PASSWORD'),
  }
  if (new Set(Object.values(passwords)).size < 4)
    throw new Error('two services have the same password: give each its own')
  const draft = `${file}.draft`
  await writeFile(draft, JSON.stringify(definitions(passwords), undefined, 2))
  await rename(draft, file)
} catch (error) {
  console.error(`cannot write the definitions of RabbitMQ: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 2
}

/** It stands in a URL as it is. */
function passwordOf(variable: string): string {
  const password = process.env[variable] ?? ''
  if (/^[A-Za-z0-9_-]{16,}$/.test(password)) return password
  throw new Error(
    `${variable} is ${password === '' ? 'not set' : 'set to something else'}: it must be 16 or more letters, digits, - or _`,
  )
}
