import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import httpProxy from '@fastify/http-proxy'
import { fastify } from 'fastify'

/* A program: @fastify/http-proxy before the origin and nothing else. */

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    origin: { type: 'string' },
    cert: { type: 'string' },
    key: { type: 'string' }
  }
})

const { port, origin, cert, key } = values
const https =
  cert === undefined || key === undefined ? null : { cert: readFileSync(cert), key: readFileSync(key) }
const app = fastify({ https, logger: false })
await app.register(httpProxy, { upstream: origin!, websocket: true })
await app.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 })
