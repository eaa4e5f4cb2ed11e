/** Debian's Chromium for tests: each test has a page of its own, and fails when something in it has gone wrong. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page, type Request } from 'playwright-core'

/** One browser for all tests of a file. */
let browser: Promise<Browser> | undefined
after(async () => (await browser)?.close())

export interface PageOptions extends BrowserContextOptions {
  /** What the console may say as an error, and which of the page's own requests may fail. @default nothing */
  readonly tolerated?: RegExp
}

/**
 * A page at the address. At the end of the test it is closed, and the test fails if the page threw, wrote an error or a
 * warning to the console, or asked another origin for something.
 */
export async function openPage(t: TestContext, url: string, options: PageOptions = {}): Promise<Page> {
  const { tolerated, ...contextOptions } = options
  browser ??= launch()
  const context = await (await browser).newContext({ viewport: { width: 1100, height: 720 }, ...contextOptions })
  const { origin } = new URL(url)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin })
  const page = await context.newPage()
  const troubles = watch(page, origin)
  t.after(async () => {
    await context.close()
    assert.deepEqual(
      troubles.filter((trouble) => tolerated?.test(trouble) !== true),
      [],
    )
  })
  await page.goto(url)
  return page
}

/** Asserts that axe finds nothing that keeps somebody from using the page as it is now. */
export async function assertAccessible(page: Page): Promise<void> {
  await page.evaluate(axeSource())
  const found = (await page.evaluate('axe.run()')) as { violations: readonly Violation[] }
  const told = found.violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`,
  )
  assert.deepEqual(told, [])
}

/** Keeps a picture for a person to look at, in the folder that the variable SCREENSHOTS names; else nothing. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS
  if (folder === undefined || folder === '') return
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
}

interface Violation {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly html: string }[]
}

function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--disable-gpu', '--disable-dev-shm-usage'] })
}

function watch(page: Page, origin: string): string[] {
  const troubles: string[] = []
  page.on('pageerror', (error) => troubles.push(`threw ${error.stack ?? error.message}`))
  page.on('console', (line) => {
    if (['error', 'warning'].includes(line.type())) troubles.push(`console ${line.type()}: ${line.text()}`)
  })
  const asked = (request: Request): void => {
    const url = request.url()
    // What the page's own policy stops has not left it.
    if (url.startsWith(`${origin}/`) || /^(data|blob|about):/.test(url) || request.failure()?.errorText === 'csp')
      return
    troubles.push(`asked ${url}`)
  }
  page.on('requestfinished', asked)
  page.on('requestfailed', asked)
  return troubles
}

/** Looked up at its first use, so that a test without it does not need the file. */
function axeSource(): string {
  return readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
}
