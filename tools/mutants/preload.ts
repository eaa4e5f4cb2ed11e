/** Loaded before everything else, in every process and thread of a mutant's tests: hands out one file with its change. */
import { registerHooks } from 'node:module'

/** Names the environment variable: `{ url, find, replace }` as JSON. */
const given = process.env.VESTNIK_MUTANT

if (given !== undefined) {
  const { url: wanted, find, replace }: { url: string; find: string; replace: string } = JSON.parse(given)
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (url.split('?')[0] !== wanted || loaded.source == null) return loaded
      const text = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source)
      return { ...loaded, source: text.replace(find, () => replace) }
    },
  })
}
