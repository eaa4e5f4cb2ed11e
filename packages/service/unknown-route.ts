/** What no route answers: 405 with the methods that there are where the path is known, else 404. */
import type { FastifyInstance } from 'fastify'
import { Problem } from './problem.ts'

interface KnownPath {
  readonly fits: RegExp
  readonly methods: Set<string>
}

/** Call it before the first route is added. Answers what stands for a request that no route took. */
export function unknownRoutes(http: Pick<FastifyInstance, 'addHook'>): (url: string) => Problem {
  const paths = new Map<string, KnownPath>()
  http.addHook('onRoute', ({ url, method }) => {
    const known = paths.get(url) ?? { fits: patternOf(url), methods: new Set() }
    for (const one of [method].flat()) known.methods.add(one)
    paths.set(url, known)
  })
  return (url) => {
    const [path = ''] = url.split('?', 1)
    const methods = [...paths.values()].filter(({ fits }) => fits.test(path)).flatMap((known) => [...known.methods])
    if (methods.length === 0) return new Problem(404, 'There is nothing at this path.')
    const allow = [...new Set(methods)].sort().join(', ')
    return new Problem(405, `Here these methods are known: ${allow}.`, { headers: { allow } })
  }
}

/** `/films/:id` fits `/films/7`. Of our own routes, so nothing in them needs to be escaped but the dot. */
function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replaceAll('.', '\\.').replaceAll(/:[A-Za-z]+/g, '[^/]+')}$`)
}
