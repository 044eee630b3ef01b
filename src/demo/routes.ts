import { normalize } from 'node:path/posix'
import { type AdminParts, answerAdmin } from './admin.ts'
import { type Answer, text } from './answer.ts'
import { type ApiParts, apiRoutes, type Handler } from './api.ts'
import { chatRoutes } from './chat-api.ts'
import type { Routes } from './exchange.ts'
import type { Federation } from './federation.ts'
import type { HlsFiles } from './files.ts'
import { answerHls, missingHls } from './hls.ts'
import { missingPage } from './pages.ts'
import { answerClockEvents } from './plugins.ts'
import type { Received } from './received.ts'

export interface RouteParts extends ApiParts, AdminParts {
  readonly files: HlsFiles
  readonly federation: Federation
}

/** Which part of Owncast answers which path (router/router.go): one by its whole name, or the longest prefix. */
export function createRoutes(parts: RouteParts): Routes {
  const { files, viewers, federation, pages, chat, clock } = parts
  const exact = new Map<string, Handler>([
    ...apiRoutes(parts),
    ...chatRoutes(chat),
    ...federation.routes(),
    ['/plugins/demo/_sse/clock', () => answerClockEvents(clock)]
  ])
  const prefixes: [string, Handler][] = [
    ['/hls/', (request) => answerHls(request, files, viewers)],
    ['/api/admin/', (request) => answerAdmin(request, parts)],
    ['/admin/', (request) => answerAdmin(request, parts)],
    ['/federation/', (request) => federation.answer(request)],
    ['/', (request) => pages.answer(request)]
  ]
  return {
    answer(request) {
      const clean = cleanPath(request.path)
      if (clean !== request.path) return moved(request, clean)
      const handler =
        exact.get(request.path) ?? prefixes.find(([prefix]) => request.path.startsWith(prefix))?.[1]
      return handler!(request)
    },
    missing: (request) => (request.path.startsWith('/hls/') ? missingHls(request) : missingPage(request))
  }
}

/** Go's DefaultServeMux sends `//` and `/../` to where they lead, and `/admin` to where its routes are. */
function cleanPath(path: string): string {
  if (path === '/admin') return '/admin/'
  return path.startsWith('/') ? normalize(path) : `/${path}`
}

function moved({ target }: Received, path: string): Answer {
  const [, query = ''] = target.split(/(\?.*)/s)
  const to = encodeURI(path) + query
  const fields = { Location: to, 'Content-Type': 'text/html; charset=utf-8' }
  const link = to.replaceAll('&', '&amp;').replaceAll('"', '&#34;')
  return text(301, fields, `<a href="${link}">Moved Permanently</a>.\n\n`)
}
