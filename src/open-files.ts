import { readFileSync } from 'node:fs'

/** Below this many open files, a chat of some hundred people meets the limit before the machine does. */
const comfortable = 4096

/** A warning where the system lets this process open few files; each viewer takes one, and a chatting one three. */
export function openFilesWarning(): string | undefined {
  const limit = openFilesLimit()
  if (limit === undefined || limit >= comfortable) return undefined
  return `only ${limit} open files are allowed, which is enough for about ${Math.floor(limit / 3)} viewers with chat: raise it with "ulimit -n 65536" or LimitNOFILE=65536`
}

/** The soft limit, where the system says it (Linux). */
function openFilesLimit(): number | undefined {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return limit === undefined ? undefined : Number(limit)
  } catch {
    // Not Linux: nothing is known, and nothing is said.
    return undefined
  }
}
