import { join } from 'node:path'
import { type Contender, configure } from '../lib/contender.ts'
import { freePort } from '../lib/ports.ts'
import { find, start } from '../lib/program.ts'
import { isServing } from './serving.ts'

/** Threads are made when they are needed: one for each response that is being sent. */
const parameters = [
  'thread_pools=2',
  'thread_pool_min=100',
  'thread_pool_max=5500',
  'listen_depth=4096',
  'http_gzip_support=off'
]

/** Without TLS, which the free Varnish leaves to another program in front; without tunnels, which cost it a thread each. */
export const varnish: Contender = {
  name: 'Varnish',
  abilities: ['cache'],
  missing: () => (find('varnishd') === undefined ? 'varnishd is not installed (Debian: varnish)' : undefined),
  async start(stage) {
    const port = await freePort()
    const { folder, cacheSize, origin, core } = stage
    const path = configure(stage, 'owncast.vcl', { originPort: origin.port })
    const args = [
      '-F',
      '-j',
      'none',
      '-n',
      join(folder, 'varnish'),
      '-f',
      path,
      '-a',
      `127.0.0.1:${port}`,
      '-s',
      `malloc,${cacheSize}m`
    ]
    const tuned = parameters.flatMap((parameter) => ['-p', parameter])
    const program = await start(find('varnishd')!, [...args, ...tuned], { core }, () =>
      isServing(port, undefined)
    )
    return { port, ...program }
  }
}
