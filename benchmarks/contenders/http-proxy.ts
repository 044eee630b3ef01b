import { fileURLToPath } from 'node:url'
import type { Contender } from '../lib/contender.ts'
import { freePort } from '../lib/ports.ts'
import { start } from '../lib/program.ts'
import { isServing } from './serving.ts'

/** What the edge is built on, without the edge: every request goes to the origin. */
export const httpProxy: Contender = {
  name: '@fastify/http-proxy',
  abilities: ['tls', 'node'],
  missing: () => undefined,
  async start({ origin, core, tls, nodeFlags }) {
    const port = await freePort()
    const module = fileURLToPath(new URL('http-proxy-server.js', import.meta.url))
    const args = [`--port=${port}`, `--origin=http://127.0.0.1:${origin.port}`]
    if (tls !== undefined) args.push(`--cert=${tls.certificate}`, `--key=${tls.key}`)
    const program = await start(process.execPath, [...nodeFlags, module, ...args], { core }, () =>
      isServing(port, tls)
    )
    return { port, ...program }
  }
}
