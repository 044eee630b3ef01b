import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Contender, configure, type Stage } from '../lib/contender.ts'
import { freePort } from '../lib/ports.ts'
import { find, start } from '../lib/program.ts'
import { isServing } from './serving.ts'

export const trafficServer: Contender = {
  name: 'Traffic Server',
  abilities: ['cache', 'tls', 'tunnel'],
  missing: () =>
    find('traffic_server') === undefined
      ? 'traffic_server is not installed (Debian: trafficserver)'
      : undefined,
  async start(stage) {
    const port = await freePort()
    const runRoot = configureAll(stage, port)
    const { core, tls } = stage
    const program = await start(find('traffic_server')!, [`--run-root=${runRoot}`], { core }, () =>
      isServing(port, tls)
    )
    return { port, ...program }
  }
}

/** @returns the path of the file that says where all the others are */
function configureAll(stage: Stage, port: number): string {
  const { folder, cacheSize, origin, tls } = stage
  for (const name of ['run', 'log', 'cache']) mkdirSync(join(folder, name), { recursive: true })
  configure(stage, 'ats/records.config', { port, cacheSize, listen: tls === undefined ? '' : ':ssl' })
  configure(stage, 'ats/remap.config', { port, originPort: origin.port, tls: tls === undefined ? '' : 's' })
  configure(stage, 'ats/cache.config', {})
  configure(stage, 'ats/ip_allow.yaml', {})
  // It writes everything through its storage, which is in memory here, and needs room there for what it has not reused yet.
  configure(stage, 'ats/storage.config', { folder, diskSize: cacheSize * 2 })
  const certificates =
    tls === undefined ? '' : `dest_ip=* ssl_cert_name=${tls.certificate} ssl_key_name=${tls.key}\n`
  writeFileSync(join(folder, 'ssl_multicert.config'), certificates)
  return configure(stage, 'ats/runroot.yaml', { folder })
}
