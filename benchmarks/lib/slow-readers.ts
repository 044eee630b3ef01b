import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Bytes, Seconds } from '../../src/cache.ts'

export interface SlowReading {
  readonly port: number
  readonly target: string
  readonly readers: number
  /** Bits per second, of each. */
  readonly rate: number
  readonly seconds: Seconds
}

export interface Read {
  /** Readers who were still being served, or had got all, at the end. */
  readonly served: number
  readonly bytes: Bytes
}

const gulp: Bytes = 64 * 1024
const memory = Buffer.allocUnsafeSlow(gulp)

/**
 * Reads one target over many connections at once, each at its own slow pace: takes what fits in a gulp, and then nothing
 * for as long as that would take over its line.
 */
export async function readSlowly({ port, target, readers, rate, seconds }: SlowReading): Promise<Read> {
  const request = `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: slow\r\nAccept: */*\r\n\r\n`
  let bytes = 0
  let broken = 0
  const open = (): Socket => {
    const socket = connect({ port, host: '127.0.0.1', onread: { buffer: memory, callback: take } })
    socket
      .on('error', () => {})
      .on('close', () => {
        broken += 1
      })
    function take(size: number): boolean {
      bytes += size
      setTimeout(() => socket.resume(), (size * 8000) / rate)
      return false
    }
    return socket
  }
  const sockets: Socket[] = []
  while (sockets.length < readers) {
    const batch = Array.from({ length: Math.min(200, readers - sockets.length) }, open)
    await Promise.all(batch.map((socket) => once(socket, 'connect')))
    for (const socket of batch) socket.write(request)
    sockets.push(...batch)
  }
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const read = { served: readers - broken, bytes }
  for (const socket of sockets) socket.destroy()
  return read
}
