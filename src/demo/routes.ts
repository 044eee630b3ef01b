import { normalize } from 'node:path/posix'
import type { Clock } from '../cache.ts'
import { type Answer, notFound, text } from './answer.ts'
import type { Channel } from './channel.ts'
import type { Routes } from './exchange.ts'
import type { HlsFiles } from './files.ts'
import { answerHls, missingHls } from './hls.ts'
import type { Received } from './received.ts'
import { answerStatus } from './status.ts'
import type { Viewers } from './viewers.ts'

export interface RouteParts {
  readonly files: HlsFiles
  readonly viewers: Viewers
  readonly channel: Channel
  readonly clock: Clock
}

/** Which part of Owncast answers which path (router/router.go). */
export function createRoutes(parts: RouteParts): Routes {
  return {
    answer(request: Received): Answer | Promise<Answer> {
      const clean = cleanPath(request.path)
      if (clean !== request.path) return moved(request, clean)
      if (request.path.startsWith('/hls/')) return answerHls(request, parts.files, parts.viewers)
      if (request.path === '/api/ping') return ping(request, parts.viewers)
      if (request.path === '/api/status') return answerStatus(parts)
      return notFound()
    },
    missing: (request) => (request.path.startsWith('/hls/') ? missingHls(request) : notFound())
  }
}

/** controllers/ping.go */
function ping({ ip, userAgent }: Received, viewers: Viewers): Answer {
  viewers.mark(ip, userAgent)
  return text(200, {}, '')
}

function cleanPath(path: string): string {
  return path.startsWith('/') ? normalize(path) : `/${path}`
}

/** What Go's DefaultServeMux answers to `//` and `/../`. */
function moved({ target }: Received, path: string): Answer {
  const [, query = ''] = target.split(/(\?.*)/s)
  const to = encodeURI(path) + query
  const fields = { Location: to, 'Content-Type': 'text/html; charset=utf-8' }
  return text(
    301,
    fields,
    `<a href="${to.replaceAll('&', '&amp;').replaceAll('"', '&#34;')}">Moved Permanently</a>.\n\n`
  )
}
