import { extname } from 'node:path/posix'
import { type Answer, anyOrigin, type Fields, maxAge, noStore, notFound } from './answer.ts'
import type { HlsFiles } from './files.ts'
import type { Received } from './received.ts'
import type { Viewers } from './viewers.ts'

/** Extension → the fields that controllers/hls.go sets before it looks for the file, so that a 404 has them too. */
const fieldsOf = new Map<string, Fields>([
  ['.m3u8', { ...noStore, 'Content-Type': 'application/x-mpegURL', ...anyOrigin }],
  ['.ts', { ...maxAge(31_557_600), 'Content-Type': 'video/mp2t', ...anyOrigin }]
])

/** `/hls/*`, by any method. Every request for a playlist, found or not, marks a viewer. */
export async function answerHls(request: Received, files: HlsFiles, viewers: Viewers): Promise<Answer> {
  const extension = extname(request.path)
  if (extension === '.m3u8') viewers.mark(request.ip, request.userAgent)
  const fields = fieldsOf.get(extension)
  const file = fields && (await files.find(request.path.slice('/hls/'.length)))
  if (fields === undefined || file === undefined) return missingHls(request)
  return { status: 200, fields, body: file.body, modifiedAt: file.modifiedAt, ranges: true }
}

/** The 404 of a file below `/hls/`, empty where the extension is none of theirs. */
export function missingHls({ path }: Received): Answer {
  const fields = fieldsOf.get(extname(path))
  return fields === undefined ? { status: 404, fields: anyOrigin, body: [] } : notFound(fields)
}
