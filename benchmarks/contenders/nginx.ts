import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Certificate } from '../lib/certificate.ts'
import { type Contender, configure } from '../lib/contender.ts'
import { freePort } from '../lib/ports.ts'
import { find, start } from '../lib/program.ts'
import { isServing } from './serving.ts'

export const nginx: Contender = {
  name: 'nginx',
  abilities: ['cache', 'tls', 'tunnel'],
  missing: () => (find('nginx') === undefined ? 'nginx is not installed (Debian: nginx-light)' : undefined),
  async start(stage) {
    const port = await freePort()
    const { folder, cacheSize, origin, core, tls } = stage
    const listen = tls === undefined ? '' : ' ssl'
    const path = configure(stage, 'nginx.conf', {
      folder,
      cacheSize,
      originPort: origin.port,
      port,
      listen,
      tls: tlsLines(tls)
    })
    mkdirSync(join(folder, 'cache'), { recursive: true })
    const program = await start(find('nginx')!, ['-c', path, '-p', folder], { core }, () =>
      isServing(port, tls)
    )
    return { port, ...program }
  }
}

/** The kernel does the encryption where it can, so that sendfile goes on working. */
function tlsLines(tls: Certificate | undefined): string {
  if (tls === undefined) return ''
  return [
    `ssl_certificate ${tls.certificate};`,
    `ssl_certificate_key ${tls.key};`,
    'ssl_protocols TLSv1.2 TLSv1.3;',
    'ssl_session_cache shared:tls:10m;',
    'ssl_conf_command Options KTLS;'
  ].join('\n        ')
}
