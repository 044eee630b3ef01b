import { test } from 'tap'
import { parse } from 'yaml'
import { configure } from '../../src/config.ts'
import { askAdmin } from '../fixtures/admin.ts'
import { Program } from '../fixtures/program.ts'
import { textOf } from '../fixtures/recipes.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'

interface Service {
  readonly extends?: { readonly file: string; readonly service: string }
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly [key: string]: unknown
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}

/** What env.example says, and what its reader is told to add. */
const filledIn = textOf('deploy/compose/env.example').replace('ADMIN_TOKEN=', 'ADMIN_TOKEN=abc')
const variables = new Map(
  [...filledIn.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value] as const)
)

/** A compose file with its variables, as Compose puts them in. */
function compose(file: string): Compose {
  const text = textOf(`deploy/compose/${file}`).replace(
    /\$\{([A-Z_]+)(?::([-?])([^}]*))?\}/g,
    (_, name: string, kind: string | undefined, word: string) => {
      const value = variables.get(name)
      if (value) return value
      if (kind !== '-') throw new Error(`${name} is needed: ${word}`)
      return word
    }
  )
  return parse(text) as Compose
}

/** The edge's service, with what it takes from the other file. */
function edgeIn(file: string): Service {
  const own = compose(file).services.edge as Service
  if (own.extends === undefined) return own
  const { extends: from, ...rest } = own
  const base = compose(from.file).services[from.service] as Service
  return { ...base, ...rest, environment: { ...base.environment, ...own.environment } }
}

for (const [file, origin] of [
  ['compose.yaml', 'http://owncast:8080/'],
  ['edge-only.yaml', 'http://10.8.0.2:8080/']
] as const) {
  test(`${file} gives the edge settings that it takes`, async (t) => {
    const edge = edgeIn(file)
    const { settings } = configure({}, { ...edge.environment, EDGE_STATE_DIR: '/var/lib/owncast-edge' })
    t.equal(settings.origin?.href, origin)
    t.match(settings, { domain: ['live.example.com'], hosts: ['live.example.com'], port: 443, httpPort: 80 })
    t.same(edge.ports, ['80:80', '443:443', '127.0.0.1:9090:9090'], 'the dashboard is not published')
    t.equal(settings.adminToken, 'abc')
    const drain = Number.parseInt(edge.stop_grace_period as string, 10)
    t.ok(drain * 1000 > settings.drainTimeout, 'it is not killed while it drains')
    const [volume = ''] = edge.volumes ?? []
    const [name = '', path] = volume.split(':')
    t.ok(name in compose(file).volumes)
    t.equal(path, settings.stateDir, 'certificates survive a new container')
    t.match(textOf('Dockerfile'), `install -d -o node -g node -m 700 ${path}`)
    t.match(textOf('Dockerfile'), `EDGE_STATE_DIR=${path}`)
    const limit = Number.parseInt(edge.mem_limit as string, 10) * 2 ** 20
    t.ok(limit > settings.cacheSize + 170e6, 'the container has memory for more than the cache')
  })
}

test('Owncast is reached by OBS and by the edge, by nobody else', async (t) => {
  const { services } = compose('compose.yaml')
  t.same(services.owncast?.ports, ['1935:1935'])
})

test('the settings of compose start an edge whose /health needs no token', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const { EDGE_DOMAIN, ...environment } = edgeIn('edge-only.yaml').environment ?? {}
  t.equal(EDGE_DOMAIN, 'live.example.com')
  const program = Program.start(t, ['--host', '127.0.0.1', '--port', '0', '--admin-port', '0'], {
    ...environment,
    EDGE_ORIGIN: origin.address
  })
  const [, adminAddress = ''] = await program.says(/dashboard\s+(http\S+)\//)
  const edge = { adminAddress } as Parameters<typeof askAdmin>[0]
  t.equal((await askAdmin(edge, '/health')).status, 200)
  t.equal((await askAdmin(edge, '/metrics')).status, 401)
  const fields = ['Authorization', 'Bearer abc']
  t.equal((await askAdmin(edge, '/metrics', { fields })).status, 200)
})
