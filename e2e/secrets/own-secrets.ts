/** Every secret of a system and of the people whose stories were told. */
import { createPrivateKey } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StorySecrets } from '../tell-story.ts'
import type { Secrets } from './scan.ts'

export function secretsOf(stories: readonly StorySecrets[], mailPassword: string, keysFolder: string): Secrets[] {
  const tokens = stories.flatMap((one) => one.tokens)
  const isAccessToken = (token: string): boolean => token.includes('.')
  return [
    { kind: 'password', values: stories.flatMap(({ passwords }) => passwords) },
    { kind: 'access token', values: tokens.filter(isAccessToken) },
    {
      kind: "access token's signature",
      values: tokens.filter(isAccessToken).map((token) => token.split('.')[2] ?? ''),
    },
    { kind: 'refresh token', values: tokens.filter((token) => !isAccessToken(token)) },
    { kind: 'code for an address', values: stories.map(({ codes }) => codes.confirm) },
    { kind: 'code for a rental', values: stories.map(({ codes }) => codes.rent) },
    { kind: 'code for a password', values: stories.map(({ codes }) => codes.reset) },
    { kind: "mail server's password", values: [mailPassword] },
    ...readdirSync(keysFolder)
      .filter((file) => !/public|cert/.test(file))
      .map((file) => ({ kind: `key of ${file}`, values: keysIn(readFileSync(join(keysFolder, file), 'utf8')) })),
  ]
}

/** The secret parts of a key file, as bytes and as they are written. */
function keysIn(text: string): (string | Buffer)[] {
  if (text.includes('PRIVATE KEY')) {
    const { d = '' } = createPrivateKey(text).export({ format: 'jwk' })
    return [...asWritten(d), ...text.split('\n').slice(2, 3)]
  }
  const parts = [...text.matchAll(/"d":\s*"([^"]+)"/g)].map(([, d = '']) => d)
  return (parts.length > 0 ? parts : [text.trim()]).flatMap(asWritten)
}

const asWritten = (base64url: string): (string | Buffer)[] => [base64url, Buffer.from(base64url, 'base64url')]
