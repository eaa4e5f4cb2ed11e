/** What signing in answers. */

export interface SignedIn {
  readonly accessToken: string
  readonly refreshToken: string
  readonly tokenType: 'Bearer'
  /** Life of the access token, in seconds. */
  readonly expiresIn: number
}
