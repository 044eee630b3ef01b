import type { Socket } from 'node:net'
import { type Body, blockSize } from '../../body.ts'

/**
 * Writes a head and a body, 64 KB at a time, each when the system has taken those before: TLS copies what is written, and
 * so no client has it hold a copy of more. Larger steps cost more processor time. Calls back when all was taken or the
 * connection broke.
 */
export function writeInSteps(socket: Socket, head: Buffer, body: Body, done: () => void): void {
  const steps = body.slices(0, body.length, blockSize)
  let next = 0
  const step = (error?: Error | null): void => {
    if (error || socket.destroyed) return done()
    const bytes = steps[next++] as Buffer
    socket.write(bytes, next === steps.length ? done : step)
  }
  socket.cork()
  socket.write(head)
  step()
  socket.uncork()
}
