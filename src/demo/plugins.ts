import type { Clock, Milliseconds } from '../cache.ts'
import type { Answer } from './answer.ts'

const TICK: Milliseconds = 1_000

/** `/plugins/demo/_sse/clock`: server-sent events, the time at once and then each second. */
export function answerClockEvents(clock: Clock): Answer {
  const fields = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }
  return {
    status: 200,
    fields,
    body: [],
    events(send) {
      const tell = () => send(`event: clock\ndata: ${new Date(clock.now()).toISOString()}\n\n`)
      tell()
      const timer = setInterval(tell, TICK)
      return () => clearInterval(timer)
    }
  }
}
