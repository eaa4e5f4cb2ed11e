/** The search over HTTP: what a query finds, in which order, and that no query is anything but text. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { catalogue } from './catalogue/index.ts'
import { genres } from './domain/genres.ts'
import { searchKey } from './domain/search-text.ts'
import { openFilms } from './films.fixture.ts'

// Nothing here writes: one service answers all.
const { get } = await openFilms({ after }, { films: catalogue })

async function titles(query: string, more = ''): Promise<string[]> {
  const { status, text, body } = await get(`/films?query=${encodeURIComponent(query)}&pageSize=100${more}`)
  assert.equal(status, 200, text)
  return body.items.map(({ title }: { title: string }) => title)
}

const only: readonly (readonly [query: string, title: string])[] = [
  ['ежик', 'Ёжик в тумане'],
  ['Ёжик', 'Ёжик в тумане'],
  ['Ёжик в тумане', 'Ёжик в тумане'],
  ['ЁЖИК В ТУМАНЕ', 'Ёжик в тумане'],
  ['тумане ежик', 'Ёжик в тумане'],
  ['hedgehog', 'Ёжик в тумане'],
  ['е\u0308жик', 'Ёжик в тумане'],
  ['туман еж', 'Ёжик в тумане'],
  ['зеленая миля', 'Зелёная миля'],
  ['MATRIX', 'Матрица'],
  ['the matrix', 'Матрица'],
  ['matr', 'Матрица'],
  ['МАТРИЦА matrix', 'Матрица'],
  ['schindlers list', 'Список Шиндлера'],
  ["Schindler's List", 'Список Шиндлера'],
  ['Schindler’s', 'Список Шиндлера'],
  ['amelie', 'Амели'],
  ['Amélie', 'Амели'],
  ['потемкин', 'Броненосец «Потёмкин»'],
  ['«Потёмкин»', 'Броненосец «Потёмкин»'],
  ['операция "ы"', 'Операция «Ы» и другие приключения Шурика'],
  ['кин дза дза', 'Кин-дза-дза!'],
  ['киндзадза', 'Кин-дза-дза!'],
  ['Кин-дза-дза!', 'Кин-дза-дза!'],
  ['spiderman', 'Человек-паук: Через вселенные'],
  ['паук человек', 'Человек-паук: Через вселенные'],
  ['wall-e', 'ВАЛЛ·И'],
  ['валли', 'ВАЛЛ·И'],
  ['8½', 'Восемь с половиной'],
  ['8 1/2', 'Восемь с половиной'],
  ['легенда 17', 'Легенда №17'],
  ['легенда №17', 'Легенда №17'],
  ['seven samurai', 'Семь самураев'],
  ['七人の侍', 'Семь самураев'],
  ['기생충', 'Паразиты'],
  ['  сталкер  ', 'Сталкер'],
  ['irony of fate', 'Ирония судьбы, или С лёгким паром!'],
  ['dr strangelove', 'Доктор Стрейнджлав, или Как я научился не волноваться и полюбил атомную бомбу'],
]

test('titles are found in Russian and English, in any case and order of words, by their beginnings', async () => {
  for (const [query, title] of only) assert.deepEqual(await titles(query), [title], query)
})

test('й is not и, and what is inside a word is not its beginning', async () => {
  for (const query of ['Звайгинцев', 'жик', 'атрица', 'ёжик сталкер', 'чудовищен']) {
    assert.deepEqual(await titles(query), [], query)
  }
})

test('what is called so comes first, then what begins so, then the others, each by title', async () => {
  assert.deepEqual(await titles('брат'), ['Брат', 'Брат 2', 'Властелин колец: Братство Кольца'])
  assert.deepEqual(await titles('чуж'), ['Чужие', 'Чужой'])
  assert.equal((await titles('1+1'))[0], '1+1')
  const starred = await titles('star wars')
  assert.equal(starred[0], 'Звёздные войны. Эпизод IV: Новая надежда')
  const cold = await titles('холод')
  assert.deepEqual(cold, ['Холодная война', 'Холодное лето пятьдесят третьего…', 'Холодное сердце'])
})

test('films of one title come in the order of their ids', async () => {
  const { body } = await get(`/films?query=${encodeURIComponent('чебурашка')}`)
  assert.deepEqual(
    body.items.map(({ id, year }: { id: number; year: number }) => [id, year]),
    [
      [36, 1971],
      [129, 2022],
    ],
  )
})

const operators = [
  '"',
  '""',
  '"a',
  '*',
  '**',
  'ежик*',
  '^ежик',
  'NEAR(',
  'NEAR(ежик туман)',
  'ежик AND',
  'ежик OR',
  'NOT',
  'ежик NOT туман',
  'title:x',
  'words:ежик',
  'words : ежик',
  '{words}:ежик',
  '- ежик',
  '-',
  '+',
  'ежик + туман',
  '(',
  ')',
  '((((',
  ';',
  "'",
  "' OR 1=1 --",
  "'; DROP TABLE films; --",
  '\\',
  '%',
  '_',
  '%%%',
  '🦔',
  '👩‍👩‍👧‍👦',
  '\u202e',
  '\u200b',
  '…',
  '?',
  '𠀀',
  'а '.repeat(100).trim(),
  'ё'.repeat(200),
]

test('nothing that a query may have is an operator: it finds what its words find', async () => {
  for (const query of operators) {
    const words = searchKey(query)
    assert.deepEqual(await titles(query), words === '' ? [] : await titles(words), query)
  }
  assert.deepEqual(await titles('ежик*'), ['Ёжик в тумане'])
  assert.deepEqual(await titles('ежик OR матрица'), [])
  assert.deepEqual(await titles('ежик NOT туман'), [])
  assert.deepEqual(await titles('words:ежик'), [])
})

test('text without a word finds nothing, and no query at all finds everything', async () => {
  for (const url of ['/films', '/films?query=', '/films?query=%20%20', '/films?genre=', '/films?query=&genre=']) {
    assert.equal((await get(url)).body.total, catalogue.length, url)
  }
  for (const query of ['%2A', '%22', '-', '%F0%9F%A6%94']) {
    assert.deepEqual((await get(`/films?query=${query}`)).body, { items: [], page: 1, pageSize: 20, total: 0 })
  }
})

test('every genre finds its films, in any case, alone and with a query', async () => {
  for (const genre of genres) {
    const of = catalogue.filter(({ film }) => film.genres.includes(genre)).length
    const { body } = await get(`/films?genre=${encodeURIComponent(genre.toUpperCase())}`)
    assert.equal(body.total, of, genre)
    assert.ok(body.items.every((film: { genres: string[] }) => film.genres.includes(genre)))
  }
  assert.deepEqual(await titles('снежная', `&genre=${encodeURIComponent('мультфильм')}`), ['Снежная королева'])
  assert.deepEqual(await titles('снежная', `&genre=${encodeURIComponent('вестерн')}`), [])
  for (const genre of ['нет', 'драма комедия', '*', 'др', '-', '%', '🦔']) {
    assert.deepEqual(await titles('', `&genre=${encodeURIComponent(genre)}`), [], genre)
  }
})

test('pages follow each other without gap or repeat, and the total is that of all', async () => {
  const genre = encodeURIComponent('драма')
  const seen: number[] = []
  const { total } = (await get(`/films?genre=${genre}`)).body
  for (let page = 1; page <= Math.ceil(total / 37) + 1; page += 1) {
    const { body } = await get(`/films?genre=${genre}&page=${page}&pageSize=37`)
    assert.deepEqual([body.page, body.pageSize, body.total], [page, 37, total])
    seen.push(...body.items.map(({ id }: { id: number }) => id))
  }
  assert.equal(seen.length, total)
  assert.equal(new Set(seen).size, total)
})

test('every film is found by each of its names, and answered with all its facts', async () => {
  for (const { film, also } of catalogue) {
    for (const name of [film.title, film.originalTitle, also]) {
      if (name !== '') assert.ok((await titles(name)).includes(film.title), `${film.title} by ${name}`)
    }
    assert.deepEqual((await get(`/films/${film.id}`)).body, film)
  }
})

for (const id of ['0', '-1', '1.5', '01', 'x', '1e3', '9999999999999999', '%00', '1%20', "1'", '__proto__']) {
  test(`the film ${id} is answered 400 and names the field`, async () => {
    const { status, body } = await get(`/films/${id}`)
    assert.equal(status, 400)
    assert.equal(body.errors[0].field, 'id')
  })
}

test('a film that is not there is answered 404', async () => {
  for (const id of [catalogue.length + 1000, 999_999_999_999_999]) {
    const { status, headers } = await get(`/films/${id}`)
    assert.equal(status, 404)
    assert.match(String(headers['content-type']), /^application\/problem\+json/)
  }
})

const badQueries: readonly (readonly [query: string, field: string])[] = [
  ['page=0', 'page'],
  ['page=-1', 'page'],
  ['page=1.5', 'page'],
  ['page=1e2', 'page'],
  ['page=', 'page'],
  ['page=99999999', 'page'],
  ['page=1&page=2', 'page'],
  ['pageSize=0', 'pageSize'],
  ['pageSize=101', 'pageSize'],
  ['pageSize=%2B5', 'pageSize'],
  ['sort=title', 'sort'],
  ['__proto__=1', '__proto__'],
  ['constructor=1', 'constructor'],
  ['query=a&query=b', 'query'],
  ['genre=a&genre=b', 'genre'],
  ['query=a%00b', 'query'],
  ['query=a%0Ab', 'query'],
  [`query=${'x'.repeat(201)}`, 'query'],
  [`genre=${'x'.repeat(51)}`, 'genre'],
]

for (const [query, field] of badQueries) {
  test(`/films?${query.slice(0, 40)} is answered 400 and names ${field}`, async () => {
    const { status, body } = await get(`/films?${query}`)
    assert.equal(status, 400)
    assert.equal(body.errors[0].field, field)
  })
}
