import type { Bytes } from '../../src/cache.ts'

/**
 * How much memory for JavaScript objects was taken according to what `node --trace-gc` printed: the growth of the heap
 * from the end of each collection to the beginning of the next one.
 */
export function allocatedIn(trace: string): Bytes {
  const collections = [...trace.matchAll(/ (\d+\.\d) \(\d+\.\d\) -> (\d+\.\d) \(/g)]
  let megabytes = 0
  let after: number | undefined
  for (const [, from, to] of collections) {
    if (after !== undefined) megabytes += Number(from) - after
    after = Number(to)
  }
  return megabytes * 2 ** 20
}
