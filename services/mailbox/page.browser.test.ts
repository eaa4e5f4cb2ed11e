/** The mailbox's page in a browser, with mail that came by SMTP: seen, heard and used by keyboard, by day and by night. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { until } from '../../e2e/until.ts'
import { assertAccessible, keepPicture, openPage, type PageOptions } from '../../tools/browser.fixture.ts'
import { codeMail, openTestMailbox, type TestMailbox } from './mailbox.fixture.ts'
import { runMailbox } from './mailbox-process.fixture.ts'

const anna = 'anna@example.com'
const from = 'noreply@vestnik.example'
const phone = { viewport: { width: 390, height: 780 } }

async function open(t: TestContext, mails: readonly string[] = [], options: PageOptions = {}) {
  const mailbox = await openTestMailbox(t)
  for (const subject of mails) await send(mailbox, subject)
  const page = await openPage(t, mailbox.origin, options)
  await page.locator('#live[data-state=live]').waitFor()
  await page
    .locator(mails.length === 0 ? '#empty' : '.item')
    .first()
    .waitFor()
  return { ...mailbox, page }
}

const send = ({ sender }: TestMailbox, subject: string, text = `Text of ${subject}`) =>
  sender.sendMail({ from, to: anna, subject, text })

const subjects = (page: Page): Promise<string[]> => page.locator('.item .subject').allTextContents()
const title = (page: Page): Locator => page.locator('#subject')
const shows = (page: Page, subject: string) => title(page).filter({ hasText: subject }).waitFor()
const clipboard = (page: Page): Promise<string> => page.evaluate('navigator.clipboard.readText()')
/** What has the focus: its id, or the subject of the message in the list. */
const focused = (page: Page): Promise<string> =>
  page.evaluate('document.activeElement?.querySelector(".subject")?.textContent ?? document.activeElement?.id ?? ""')

for (const colorScheme of ['light', 'dark'] as const) {
  test(`nobody is kept out, with and without mail, on ${colorScheme} paper`, async (t) => {
    const mailbox = await open(t, [], { colorScheme })
    const { page, sender } = mailbox
    await assertAccessible(page)
    await keepPicture(page, `mailbox-empty-${colorScheme}`)
    await send(mailbox, 'Your password was changed')
    await sender.sendMail({ from, to: anna, subject: 'HTML', html: '<h1>Hello</h1><p>in <b>HTML</b>.</p>' })
    await sender.sendMail({ ...codeMail(anna, '482913'), attachments: [{ filename: 'чек.pdf', content: 'x' }] })
    await page.locator('#digits').filter({ hasText: '482913' }).waitFor()
    await assertAccessible(page)
    await keepPicture(page, `mailbox-code-${colorScheme}`)
    for (const way of ['HTML', 'Source', 'Text']) {
      await page.getByRole('button', { name: way, exact: true }).click()
      await page.locator('#body > *').first().waitFor()
      await assertAccessible(page)
      await keepPicture(page, `mailbox-${way.toLowerCase()}-${colorScheme}`)
    }
    await page.getByRole('button', { name: 'Delete all' }).click()
    await assertAccessible(page)
    await keepPicture(page, `mailbox-sure-${colorScheme}`)
    await page.keyboard.press('Escape')
    await page.setViewportSize(phone.viewport)
    await assertAccessible(page)
    await keepPicture(page, `mailbox-phone-${colorScheme}`)
  })
}

test('the page follows the theme of the system while it is open', async (t) => {
  const { page } = await open(t, ['x'])
  const paper = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor')
  await page.emulateMedia({ colorScheme: 'light' })
  const light = await paper()
  await page.emulateMedia({ colorScheme: 'dark' })
  assert.notEqual(await paper(), light)
})

test('a code is shown large, and one click or key copies it', async (t) => {
  const { page, sender } = await open(t)
  await sender.sendMail(codeMail(anna, '042731'))
  const digits = page.locator('#digits')
  await digits.filter({ hasText: '042731' }).waitFor()
  const size = Number.parseFloat(await page.evaluate('getComputedStyle(document.getElementById("digits")).fontSize'))
  assert.ok(size >= 48, `${size} px`)
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  assert.equal(await clipboard(page), '042731')
  await sender.sendMail(codeMail(anna, '555777'))
  await digits.filter({ hasText: '555777' }).waitFor()
  await page.keyboard.press('c')
  await until('it is copied', async () => (await clipboard(page)) === '555777')
})

test('where the clipboard is closed, the code is selected', async (t) => {
  const { page, sender } = await open(t)
  await sender.sendMail(codeMail(anna, '042731'))
  await page.locator('#digits').filter({ hasText: '042731' }).waitFor()
  await page.context().clearPermissions()
  await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error("closed"))')
  await page.keyboard.press('c')
  await page.locator('#toast').filter({ hasText: 'Ctrl+C' }).waitFor()
  assert.equal(await page.evaluate('String(getSelection())'), '042731')
})

test('a message without a code has no place for one, and says so when it is asked for', async (t) => {
  const { page } = await open(t, ['Your password was changed'])
  await shows(page, 'Your password')
  assert.equal(await page.locator('#code').isVisible(), false)
  await page.keyboard.press('c')
  await page.locator('#toast').filter({ hasText: 'no code' }).waitFor()
})

test('mail shows up by itself, is announced without its text, and counts in the title', async (t) => {
  const mailbox = await open(t, [])
  const { page } = mailbox
  await send(mailbox, 'первое', 'Код: 123456')
  await page.locator('#spoken').filter({ hasText: 'New message: первое' }).waitFor()
  assert.doesNotMatch(await page.locator('#spoken').innerText(), /123456/)
  await shows(page, 'первое')
  await page.keyboard.press('Home')
  await send(mailbox, 'второе')
  await shows(page, 'второе')
  await page.locator('.item').nth(1).click()
  await shows(page, 'первое')
  await send(mailbox, 'третье')
  await page.locator('.item').nth(2).waitFor()
  assert.deepEqual(await subjects(page), ['третье', 'второе', 'первое'])
  assert.equal(await title(page).textContent(), 'первое', 'what a person has chosen stays')
  await until('the title counts it', async () => (await page.title()) === '(1) Mailbox')
})

test('two hundred mails at once are all there in the end', async (t) => {
  const mailbox = await open(t, ['first'])
  const { page } = mailbox
  await Promise.all(Array.from({ length: 200 }, (_, i) => send(mailbox, `mail ${i}`)))
  await page.locator('#count').filter({ hasText: '201 messages' }).waitFor()
  assert.equal((await subjects(page)).length, 100)
  await page.getByRole('button', { name: 'Show older' }).click()
  await page.locator('.item').nth(200).waitFor()
  assert.equal((await subjects(page)).at(-1), 'first')
  assert.equal(await page.getByRole('button', { name: 'Show older' }).isVisible(), false)
})

test('everything can be done by keyboard', async (t) => {
  const { page } = await open(t, ['4', '3', '2', '1'])
  await shows(page, '1')
  for (const [key, subject] of [
    ['ArrowDown', '2'],
    ['j', '3'],
    ['k', '2'],
    ['ArrowUp', '1'],
    ['ArrowUp', '1'],
  ] as const) {
    await page.keyboard.press(key)
    await shows(page, subject)
    assert.equal(await focused(page), subject)
  }
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await until('the message has the focus', async () => (await focused(page)) === 'subject')
  await shows(page, '2')
  await page.keyboard.press('Delete')
  await page.locator('.item').nth(3).waitFor({ state: 'detached' })
  assert.deepEqual(await subjects(page), ['1', '3', '4'])
  await shows(page, '3')
  await page.keyboard.press('Escape')
  await shows(page, '1')
  await until('the newest has the focus', async () => (await focused(page)) === '1')
  await page.keyboard.press('Backspace')
  await page.locator('.item').nth(2).waitFor({ state: 'detached' })
  await until('the next has the focus', async () => (await focused(page)) === '3')
})

test('every control is reached by Tab, and can be seen to have the focus', async (t) => {
  const { page } = await open(t, ['b', 'a'])
  await shows(page, 'a')
  const reached: string[] = []
  for (let i = 0; i < 20; i += 1) {
    await page.keyboard.press('Tab')
    const [name, outline] = (await page.evaluate(
      '[document.activeElement.textContent.trim(), getComputedStyle(document.activeElement).outlineStyle]',
    )) as [string, string]
    if (await page.evaluate('document.activeElement === document.body')) break
    reached.push(name)
    assert.notEqual(outline, 'none', name)
  }
  for (const name of ['Mailbox', 'Delete all', 'Delete', 'Text', 'Source']) assert.ok(reached.includes(name), name)
})

test('keys with Ctrl, and keys in the dialog, are not taken for commands', async (t) => {
  const { page } = await open(t, ['b', 'a'])
  await shows(page, 'a')
  await page.keyboard.press('Control+j')
  await page.getByRole('button', { name: 'Delete all' }).click()
  await page.keyboard.press('j')
  await page.keyboard.press('Delete')
  await page.keyboard.press('Escape')
  await page.locator('#sure').waitFor({ state: 'hidden' })
  assert.deepEqual(await subjects(page), ['a', 'b'])
  assert.equal(await title(page).textContent(), 'a')
})

test('all are deleted when a person is sure', async (t) => {
  const { page, messages } = await open(t, ['b', 'a'])
  await page.getByRole('button', { name: 'Delete all' }).click()
  await page.getByRole('button', { name: 'Keep them' }).click()
  assert.equal((await messages.totals()).total, 2)
  await page.getByRole('button', { name: 'Delete all' }).click()
  await page.locator('#sure').getByRole('button', { name: 'Delete all' }).click()
  await page.locator('#empty').waitFor()
  assert.equal((await messages.totals()).total, 0)
})

test('what is deleted elsewhere leaves the page, too', async (t) => {
  const { page, messages } = await open(t, ['b', 'a'])
  await page.locator('.item').nth(1).click()
  await shows(page, 'b')
  const { messages: listed } = await messages.list(1, 1)
  await messages.remove([listed[0]?.ID ?? ''])
  await shows(page, 'a')
  assert.deepEqual(await subjects(page), ['a'])
})

test('the address of a message opens it, and one that is not there leads to the newest', async (t) => {
  const { page, origin } = await open(t, ['b', 'a'])
  await page.locator('.item').nth(1).click()
  await shows(page, 'b')
  await page.reload()
  await shows(page, 'b')
  for (const id of ['0'.repeat(32), '<img src=x onerror=alert(1)>']) {
    await page.goto(`${origin}/#${id}`)
    await shows(page, 'a')
    assert.equal(new URL(page.url()).hash, '')
  }
})

test('a mail can neither run nor fetch anything, nor change the page', async (t) => {
  const { page, sender } = await open(t, [], { tolerated: /Content Security Policy|sandboxed/ })
  const evil = 'https://evil.example'
  const attack = `<script>parent.document.title = 'taken'</script><img src="${evil}/x.png" onerror="parent.document.title = 'taken'">
    <link rel=stylesheet href="${evil}/x.css"><link rel=preconnect href="${evil}"><meta http-equiv=refresh content="0;url=${evil}">
    <iframe src="${evil}"></iframe><form action="${evil}"><button>go</button></form><style>@import "${evil}/y.css"; p { background: url(${evil}/z.png) }</style>
    <p id=mark>Это письмо</p>`
  const name = `<b onmouseover=alert(1)>`
  await sender.sendMail({
    from: { name, address: from },
    to: anna,
    subject: '<img src=x onerror=alert(1)>',
    html: attack,
  })
  await shows(page, '<img src=x onerror=alert(1)>')
  await page.getByRole('button', { name: 'HTML' }).click()
  const frame = page.frameLocator('#body iframe')
  await frame.locator('#mark').waitFor()
  await frame.getByRole('button', { name: 'go' }).click()
  assert.equal(await page.title(), 'Mailbox')
  assert.equal(await page.locator('img[src=x]').count(), 0)
  assert.equal(await frame.locator('#mark').textContent(), 'Это письмо')
})

test('a link in a mail opens apart from the page, and is not told where it stood', async (t) => {
  const { page, sender, origin } = await open(t)
  await sender.sendMail({ from, to: anna, subject: 'link', html: `<a href="${origin}/livez">look</a>` })
  await shows(page, 'link')
  await page.getByRole('button', { name: 'HTML' }).click()
  const opened = page.context().waitForEvent('page')
  await page.frameLocator('#body iframe').getByRole('link').click()
  const other = await opened
  await other.waitForLoadState()
  assert.equal(await other.evaluate('String(opener) + document.referrer'), 'null')
  await shows(page, 'link')
})

test('a small screen shows the list or a message, and never scrolls sideways', async (t) => {
  const { page } = await open(t, ['second', 'слово'.repeat(60)], phone)
  const sideways = (): Promise<number> => page.evaluate('document.documentElement.scrollWidth - innerWidth')
  assert.equal(await page.locator('#message').isVisible(), false)
  assert.equal(await sideways(), 0)
  await page.locator('.item').first().click()
  await shows(page, 'слово')
  assert.equal(await page.locator('.list').isVisible(), false)
  assert.equal(await sideways(), 0)
  await page.getByRole('link', { name: 'All messages' }).click()
  await page.locator('.item').nth(1).waitFor()
  assert.equal(await page.locator('#message').isVisible(), false)
  await page.locator('.item').nth(1).click()
  await shows(page, 'second')
  await page.goBack()
  await page.locator('.item').first().waitFor()
})

test('the page says when the mailbox is away, and goes on when it is back', async (t) => {
  const first = await runMailbox(t)
  await first.send('111111')
  const page = await openPage(t, first.origin, { tolerated: /ERR_/ })
  await page.locator('#digits').filter({ hasText: '111111' }).waitFor()
  first.child.kill('SIGKILL')
  await first.ended
  await page.locator('#live').filter({ hasText: 'Reconnecting' }).waitFor()
  await page.locator('.item').focus()
  await page.keyboard.press('Delete')
  await page.locator('#toast').filter({ hasText: 'does not answer' }).waitFor()
  const second = await runMailbox(t, first)
  await page.locator('#live').filter({ hasText: 'Live' }).waitFor()
  await second.send('222222')
  await page.locator('#digits').filter({ hasText: '222222' }).waitFor()
})
