import type { Socket } from 'node:net'

/**
 * A listener for the close of any number of sockets, told which one it was. A closure for each would take 100 bytes of
 * every connection, and `once`, which a close does not need, 200 more.
 */
export function whenClosed(then: (socket: Socket) => void): (this: Socket) => void {
  return function () {
    then(this)
  }
}
