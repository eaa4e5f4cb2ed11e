/** What a mail says in plain text. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { snippetOf, textOfHtml } from './mail-text.ts'

test('the text of HTML is what a person would read', () => {
  const html = `<html><head><title>x</title><style>b { color: red }</style></head>
    <body><h1>Здравствуйте</h1><p>Ваш&nbsp;код: <b>123456</b></p><script>alert(1 < 2)</script>5 &lt; 6 &amp; &#1078;&#x436; &unknown;<br>ok</body>`
  assert.equal(textOfHtml(html), 'Здравствуйте\nВаш код: 123456\n5 < 6 & жж &unknown;\nok')
})

test('HTML that ends in the middle of a tag, or nests wrongly, has a text too', () => {
  assert.equal(textOfHtml('a<b'), 'a')
  assert.equal(textOfHtml('a<style>b'), 'a')
  assert.equal(textOfHtml('<p>a<p>b</div>'), 'a\nb')
  assert.equal(textOfHtml('&#0;&#9999999;'), '&#0;&#9999999;')
})

test('a megabyte of opened tags takes no longer than one of text', () => {
  const started = performance.now()
  for (const piece of ['<style', '<script>', '<!--', '&#', '\u00a0', '<b ']) textOfHtml(piece.repeat(150_000))
  assert.ok(performance.now() - started < 5000)
})

test('a snippet is one line of at most 250 characters', () => {
  assert.equal(snippetOf(' a\r\n\t b\n'), 'a b')
  assert.equal([...snippetOf('ж'.repeat(250))].length, 250)
  assert.equal(snippetOf('😀'.repeat(251)), `${'😀'.repeat(249)}…`)
})
