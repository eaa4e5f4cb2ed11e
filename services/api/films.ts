/** The catalogue. The films service answers. */
import { type Call, call } from '@vestnik/service/call'
import { type Page, type Paging, pagingShape } from '@vestnik/service/paging'
import { z } from 'zod'
import { id, pageOf, pathId } from './fields.ts'

export interface Film {
  readonly id: number
  /** In Russian, or as it is known in Russia. */
  readonly title: string
  readonly originalTitle: string
  readonly year: number
  readonly genres: readonly string[]
  readonly countries: readonly string[]
  readonly directors: readonly string[]
  readonly minutes: number
  /** `0+`, `6+`, `12+`, `16+`, `18+`. */
  readonly ageRating: string
}

export interface FilmSearch extends Paging {
  readonly query?: string | undefined
  readonly genre?: string | undefined
}

const strings = z.array(z.string()).readonly()

const film: z.ZodType<Film> = z
  .object({
    id,
    title: z.string().meta({ examples: ['Солярис'] }),
    originalTitle: z.string().meta({ examples: ['Солярис'] }),
    year: z.int().meta({ examples: [1972] }),
    genres: strings.meta({ examples: [['драма', 'фантастика']] }),
    countries: strings.meta({ examples: [['СССР']] }),
    directors: strings.meta({ examples: [['Андрей Тарковский']] }),
    minutes: z
      .int()
      .positive()
      .meta({ examples: [169] }),
    ageRating: z.enum(['0+', '6+', '12+', '16+', '18+']),
  })
  .meta({ id: 'Film' })

const text = (most: number) =>
  z
    .string()
    .trim()
    .max(most, `It may have at most ${most} characters`)
    .refine((found) => found.isWellFormed() && !/\p{Cc}/u.test(found), 'It must not have control characters')

export const listFilms: Call<{ query: FilmSearch; answer: Page<Film> }> = call('GET', '/films', {
  summary: 'Browse and search the catalogue',
  description:
    'The query finds titles in Russian, in the original and in English, by the beginnings of their words in any case ' +
    'and order, with ё and е alike. The genre is one of those that films have, such as драма or комедия.',
  query: z.strictObject({
    query: text(200)
      .meta({ examples: ['солярис'] })
      .optional(),
    genre: text(50)
      .meta({ examples: ['драма'] })
      .optional(),
    ...pagingShape,
  }),
  status: 200,
  answer: pageOf(film),
})

export const oneFilm: Call<{ params: { readonly id: number }; answer: Film }> = call('GET', '/films/:id', {
  summary: 'One film',
  params: pathId,
  status: 200,
  answer: film,
  problems: [404],
})
