/** The page of the API in a browser: what a newcomer does with it, in both themes, by keyboard, without a complaint. */
import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { assertAccessible, keepPicture, openPage, type PageOptions } from '../../tools/browser.fixture.ts'
import { type Context, openGateway, type Played, playService } from './gateway.fixture.ts'
import { document } from './openapi.ts'

const claims = Buffer.from(JSON.stringify({ sub: '7', exp: 4_000_000_000 })).toString('base64url')
const accessToken = `eyJhbGciOiJFZERTQSJ9.${claims}.c2lnbmF0dXJl`

const film = {
  id: 3,
  title: 'Солярис',
  originalTitle: 'Солярис',
  year: 1972,
  genres: ['драма', 'фантастика'],
  countries: ['СССР'],
  directors: ['Андрей Тарковский'],
  minutes: 169,
  ageRating: '12+',
}

const answers: Readonly<Record<string, readonly [status: number, body?: unknown]>> = {
  'POST /users': [201, { id: 7, email: 'anna@example.com', name: 'Анна', emailConfirmed: false }],
  'POST /users/confirmations': [204],
  'POST /sessions': [200, { accessToken, refreshToken: 'r'.repeat(43), tokenType: 'Bearer', expiresIn: 900 }],
  'GET /films': [200, { items: [film], page: 1, pageSize: 20, total: 1 }],
  'GET /films/3': [200, film],
  'POST /films/3/rentals': [202, { id: 12, filmId: 3, status: 'awaiting-code', expiresAt: '2026-01-17T15:42:26.486Z' }],
  'POST /rentals/12/confirmation': [200, { id: 12, filmId: 3, status: 'active', until: '2026-01-19T15:32:26.486Z' }],
  'DELETE /sessions/current': [204],
}

const answer: RequestListener = (request, response) => {
  const [path = ''] = (request.url ?? '').split('?')
  const [status, body] = answers[`${request.method} ${path}`] ?? [404, { title: 'Not Found' }]
  response.writeHead(status, body === undefined ? {} : { 'content-type': 'application/json' })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

async function open(
  t: Parameters<typeof openPage>[0] & Context,
  options: PageOptions = {},
): Promise<{ page: Page; played: Played }> {
  const played = await playService(t, answer)
  const verify = async () => ({ userId: 7, sessionId: 's' })
  const { http } = await openGateway(t, { usersUrl: played.url, filmsUrl: played.url, verify })
  const origin = await http.listen({ host: '127.0.0.1', port: 0 })
  return { page: await openPage(t, `${origin}/docs`, options), played }
}

const status = (page: Page) => page.locator('.outcome .status')

async function send(page: Page, id: string, expected: string): Promise<void> {
  await page.locator(`#calls a[href="#${id}"]`).click()
  await page.getByRole('button', { name: 'Send' }).click()
  await status(page).getByText(expected).waitFor()
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every call is shown without a barrier, ${colorScheme}`, async (t) => {
    const { page } = await open(t, { colorScheme })
    const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map((one) => one.operationId))
    await page.getByRole('heading', { name: 'Sign up' }).waitFor()
    await keepPicture(page, `docs-${colorScheme}-sign-up`)
    for (const id of ids) {
      await page.locator(`#calls a[href="#${id}"]`).click()
      await page.locator(`#calls a[href="#${id}"][aria-current]`).waitFor()
      for (const summary of await page.locator('main summary').all()) await summary.click()
      await assertAccessible(page)
    }
    await send(page, 'signIn', '200 OK')
    await assertAccessible(page)
    await keepPicture(page, `docs-${colorScheme}-sign-in`)
    await send(page, 'listFilms', '200 OK')
    await page.getByText('headers').click()
    await assertAccessible(page)
    await keepPicture(page, `docs-${colorScheme}-films`)
  })
}

test('the whole story is told with nothing typed but the codes', async (t) => {
  const { page, played } = await open(t)
  await send(page, 'signUp', '201 Created')
  await send(page, 'confirmAddress', '204 No Content')
  await send(page, 'signIn', '200 OK')
  assert.equal(await page.getByLabel('Access token').inputValue(), accessToken)
  assert.match(String(await page.locator('#who').textContent()), /^user 7, until \d\d:\d\d$/)
  await send(page, 'listFilms', '200 OK')
  await send(page, 'oneFilm', '200 OK')
  await send(page, 'rentFilm', '202 Accepted')
  await send(page, 'confirmRental', '200 OK')
  await send(page, 'signOut', '204 No Content')
  assert.equal(await page.getByLabel('Access token').inputValue(), '')
  const asked = played.seen.map(({ method, url }) => `${method} ${url}`)
  assert.deepEqual(asked, Object.keys(answers))
  const rent = played.seen.find(({ url }) => url === '/films/3/rentals')
  assert.equal(rent?.headers.authorization, `Bearer ${accessToken}`)
  assert.match(String(rent?.headers['idempotency-key']), /^[0-9a-f]{24}$/)
})

test('what was typed for one call stands in the next', async (t) => {
  const { page, played } = await open(t)
  await page.getByLabel('Body').fill('{"email":"boris@example.com","password":"a long sentence"}')
  await page.keyboard.press('Control+Enter')
  await status(page).getByText('201 Created').waitFor()
  await send(page, 'signIn', '200 OK')
  assert.deepEqual(JSON.parse(String(played.seen[1]?.body)), {
    email: 'boris@example.com',
    password: 'a long sentence',
  })
})

test('everything can be done by keyboard', async (t) => {
  const { page, played } = await open(t)
  await page.getByRole('heading', { name: 'Sign up' }).waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate('document.activeElement.id'), 'call')
  for (let n = 0; n < 9; n += 1) await page.keyboard.press('j')
  await page.getByRole('heading', { name: 'Browse and search the catalogue' }).waitFor()
  assert.equal(new URL(page.url()).hash, '#listFilms')
  await page.keyboard.press('Tab')
  await page.keyboard.type('jk ёлки')
  await page.keyboard.press('Enter')
  await status(page).getByText('200 OK').waitFor()
  assert.equal(played.seen[0]?.url, '/films?query=jk+%D1%91%D0%BB%D0%BA%D0%B8')
  await page.keyboard.press('Escape')
  await page.goBack()
  await page.getByRole('heading', { name: 'Sign out' }).waitFor()
})

test('the command can be copied, and is the request as it is sent', async (t) => {
  const { page } = await open(t)
  await page.locator('#calls a[href="#signIn"]').click()
  await page.getByLabel('Body').fill(`{ "email": "o'hara@example.com", "password": "p" }`)
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  const { origin } = new URL(page.url())
  assert.equal(
    await page.evaluate('navigator.clipboard.readText()'),
    `curl ${origin}/sessions \\\n  -H 'content-type: application/json' \\\n` +
      `  -d '{"email":"o'\\''hara@example.com","password":"p"}'`,
  )
})

test('a refusal is shown as it came, and a gateway that is gone is told', async (t) => {
  const { page } = await open(t, { tolerated: /Failed to load resource/ })
  await page.locator('#calls a[href="#oneFilm"]').click()
  await page.getByLabel('id').fill('x')
  await page.getByRole('button', { name: 'Send' }).click()
  await status(page).getByText('400 Bad Request').waitFor()
  await page.getByText('"It must be a positive whole number"').waitFor()
  await assertAccessible(page)
  await keepPicture(page, 'docs-refused')
  await page.route('**/films/**', (route) => route.abort())
  await page.getByRole('button', { name: 'Send' }).click()
  await status(page).getByText('No answer').waitFor()
})

test('a token is gone with the page', async (t) => {
  const { page } = await open(t)
  await send(page, 'signIn', '200 OK')
  await page.reload()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  assert.equal(await page.getByLabel('Access token').inputValue(), '')
  assert.equal(await page.evaluate('localStorage.length + sessionStorage.length + document.cookie.length'), 0)
})

test('on a small screen the calls stand above the open one, and nothing is cut off', async (t) => {
  const { page } = await open(t, { viewport: { width: 390, height: 844 } })
  await send(page, 'listFilms', '200 OK')
  assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth')) <= 390)
  await assertAccessible(page)
  await keepPicture(page, 'docs-small')
})

test('nothing that an answer says is taken for markup', async (t) => {
  const { page } = await open(t)
  await page.getByLabel('Body').fill('{"email":"<img src=x onerror=alert(1)>","password":"x"}')
  await page.getByRole('button', { name: 'Send' }).click()
  await status(page).getByText('201').waitFor()
  assert.equal(await page.locator('main img').count(), 0)
})
