/** The catalogue: facts about films. A new film takes the next free id; an id is never given twice. */
import { type CatalogueFilm, readFilms } from './read-films.ts'
import { russian } from './russian.ts'
import { soviet } from './soviet.ts'
import { worldSince2000 } from './world-since-2000.ts'
import { worldUntil1969 } from './world-until-1969.ts'
import { worldUntil1999 } from './world-until-1999.ts'

export type { CatalogueFilm } from './read-films.ts'

export const catalogue: readonly CatalogueFilm[] = [
  soviet,
  russian,
  worldUntil1969,
  worldUntil1999,
  worldSince2000,
].flatMap(readFilms)
