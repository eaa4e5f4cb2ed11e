/** Reads the catalogue: one film a line, its facts in ten columns with bars between. */
import type { films } from '@vestnik/api'

export interface CatalogueFilm {
  readonly film: films.Film
  /** Another name, in English where the original is not: found, not answered. */
  readonly also: string
}

/**
 * Columns: id, title, original title (`=`: the same), another name, year, genres, countries, directors, minutes, age
 * rating. Throws for a line that has others.
 */
export function readFilms(text: string): readonly CatalogueFilm[] {
  return text.trim().split('\n').map(readLine)
}

function readLine(line: string): CatalogueFilm {
  const columns = line.split('|').map((column) => column.trim())
  if (columns.length !== 10) throw new Error(`read the catalogue: ${line} has not ten columns`)
  const [id, title = '', original = '', also = '', year, genres, countries, directors, minutes, ageRating = ''] =
    columns
  const film = {
    id: Number(id),
    title,
    originalTitle: original === '=' ? title : original,
    year: Number(year),
    genres: listOf(genres),
    countries: listOf(countries),
    directors: listOf(directors),
    minutes: Number(minutes),
    ageRating,
  }
  return { film, also }
}

const listOf = (column: string | undefined): readonly string[] => (column ?? '').split(', ')
