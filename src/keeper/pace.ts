import type { Bytes, Cancel, Milliseconds, Timekeeper } from '../cache.ts'

/** An answer that brings less than this in a while is as good as none. */
const slowest: Bytes = 4096
const every: Milliseconds = 5000

/** Watches that an answer does not trickle: silence has a limit of its own, a byte now and then has not. Returns its end. */
export function keepPace(clock: Timekeeper, arrived: () => Bytes, tooSlow: () => void): Cancel {
  let cancel: Cancel = () => {}
  const watch = (seen: Bytes): void => {
    cancel = clock.after(every, () => {
      const now = arrived()
      if (now - seen < slowest) tooSlow()
      else watch(now)
    })
  }
  watch(arrived())
  return () => cancel()
}
