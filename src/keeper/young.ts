import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Bytes } from '../cache.ts'

/**
 * After so many bytes from the origin the young generation is collected. The buffers that sockets are read into live for
 * microseconds, but V8 sees 64 bytes of heap where 64 KB of memory are, and lets tens of megabytes pile up: with this, 4 GB
 * through a cache of 64 MB peak at 190 MB instead of 222, for about 0.3 ms in 4 MB, and only on the way of a miss.
 */
const every: Bytes = 4e6

type Collect = (options: { readonly type: 'minor' }) => void

/** V8's own, which Node hands out only when asked; undefined where it does not. */
function collector(): Collect | undefined {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('typeof gc === "function" ? gc : undefined')
  setFlagsFromString('--no-expose-gc')
  return collect as Collect | undefined
}

const collect = collector()
let since: Bytes = 0

/** So many bytes have been read from the origin and copied. */
export function bytesPassed(bytes: Bytes): void {
  since += bytes
  if (since < every) return
  since = 0
  collect?.({ type: 'minor' })
}
