import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Contender } from '../lib/contender.ts'
import { freePort } from '../lib/ports.ts'
import { answers, start } from '../lib/program.ts'

const built = resolve('dist/main.js')

/** The built program, as users run it. */
export const edge: Contender = {
  name: 'owncast-edge',
  abilities: ['cache', 'tls', 'tunnel', 'node'],
  missing: () => (existsSync(built) ? undefined : 'it is not built (npm run build)'),
  async start({ origin, core, cacheSize, tls, nodeFlags }) {
    const [port, adminPort] = [await freePort(), await freePort()]
    const args = [
      `--origin=http://127.0.0.1:${origin.port}`,
      `--port=${port}`,
      '--host=127.0.0.1',
      `--admin-port=${adminPort}`,
      `--cache-size=${cacheSize}MB`,
      // `memory` has more readers than the edge takes by itself.
      '--max-connections=off'
    ]
    if (tls !== undefined) args.push(`--tls-cert=${tls.certificate}`, `--tls-key=${tls.key}`)
    const isReady = (): Promise<boolean> => answers(`http://127.0.0.1:${adminPort}/health`)
    const program = await start(process.execPath, [...nodeFlags, built, ...args], { core }, isReady)
    return { port, ...program }
  }
}
