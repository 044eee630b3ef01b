import type { Socket } from 'node:net'

/**
 * Writes a head and a body, a piece at a time, each when the system has taken the one before: TLS copies what is written,
 * and so no client has it hold more than one piece. Calls back when all was taken or the connection broke.
 */
export function writeInSteps(socket: Socket, head: Buffer, views: readonly Buffer[], done: () => void): void {
  const last = views.length - 1
  let next = 0
  const step = (error?: Error | null): void => {
    if (error || socket.destroyed) return done()
    const view = views[next++] as Buffer
    socket.write(view, next > last ? done : step)
  }
  socket.cork()
  socket.write(head)
  step()
  socket.uncork()
}
