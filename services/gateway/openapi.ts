/** The OpenAPI document of all that can be asked of the gateway. */
import { chapters } from '@vestnik/api'
import { type OpenApi, openApiOf } from '@vestnik/service/openapi'

export const document: OpenApi = openApiOf(chapters, {
  title: 'Vestnik',
  version: '0.1.0',
  description:
    'Sign up, confirm the address with a mailed code, sign in, rent a film with another code. Every error is a problem (RFC 9457).',
})
