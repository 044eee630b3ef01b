import { spawnSync } from 'node:child_process'
import { test } from 'tap'
import { parse } from 'yaml'
import { configure } from '../../src/config.ts'
import { Program } from '../fixtures/program.ts'
import { filesBelow, textOf } from '../fixtures/recipes.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'

const folder = 'deploy/kubernetes'

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}
interface Container {
  readonly image: string
  readonly envFrom: readonly {
    readonly configMapRef?: { readonly name: string }
    readonly secretRef?: { readonly name: string }
  }[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly startupProbe: Probe
  readonly readinessProbe: Probe
  readonly livenessProbe: Probe
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } }
}
interface Pod {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> }
  readonly spec: {
    readonly terminationGracePeriodSeconds: number
    readonly enableServiceLinks: boolean
    readonly containers: readonly Container[]
  }
}
type Labels = Readonly<Record<string, string>>
interface Deployment {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly selector: { readonly matchLabels: Labels }; readonly template: Pod }
}

const read = <T>(file: string): T => parse(textOf(`${folder}/${file}`)) as T
const environmentIn = (file: string): Record<string, string> =>
  Object.fromEntries(
    [...textOf(`${folder}/${file}`).matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [
      name,
      value
    ])
  )
/** What is started, and where its settings are. */
const deployments = [
  { file: 'deployment.yaml', service: 'service.yaml', environment: environmentIn('edge.env') },
  { file: 'tier/deployment.yaml', service: 'tier/service.yaml', environment: environmentIn('tier/inner.env') }
] as const

test('every file is named by its kustomization, and every name is a file', async (t) => {
  for (const place of ['', 'tier/']) {
    const { resources, configMapGenerator } = read<{
      resources: string[]
      configMapGenerator: { envs?: string[] }[]
    }>(`${place}kustomization.yaml`)
    const named = [...resources, ...configMapGenerator.flatMap(({ envs = [] }) => envs), 'kustomization.yaml']
    const there = filesBelow(`${folder}/${place}`)
      .map((path) => path.slice(`${folder}/${place}`.length))
      .filter((path) => !path.includes('/'))
    t.same(named.sort(), there.sort())
  }
})

for (const { file, service, environment } of deployments) {
  test(`${file}: its settings are taken, its ports, names and labels fit together`, async (t) => {
    const { metadata, spec } = read<Deployment>(file)
    const pod = spec.template
    const [edge] = pod.spec.containers as [Container]
    const { settings } = configure({}, { ...environment, EDGE_ADMIN_TOKEN: 'abc' })
    t.throws(() => configure({}, environment), /--admin-token/, 'without its secret it does not start')
    t.same(
      edge.ports.map(({ containerPort }) => containerPort),
      [settings.port, settings.adminPort]
    )
    t.equal(edge.envFrom[0]?.configMapRef?.name, metadata.name)
    t.equal(edge.envFrom[1]?.secretRef?.name, 'owncast-edge')
    t.match(pod.metadata.labels, spec.selector.matchLabels)
    const { selector, ports } = read<{ spec: { selector: Labels; ports: { targetPort: string }[] } }>(
      service
    ).spec
    t.match(pod.metadata.labels, selector)
    t.equal(ports[0]?.targetPort, 'http')
    t.equal(pod.spec.enableServiceLinks, false, 'a Service called "edge" sets no EDGE_PORT')
  })

  test(`${file}: what is being sent is finished before the pod is killed`, async (t) => {
    const { spec } = read<Deployment>(file).spec.template
    const { settings } = configure({}, { ...environment, EDGE_ADMIN_TOKEN: 'abc' })
    const [program = '', seconds = '', ...rest] = spec.containers[0]?.lifecycle.preStop.exec.command ?? []
    t.same([program, rest], ['sleep', []])
    t.ok(Number(seconds) >= 5, 'until nobody is led here any more')
    t.ok(spec.terminationGracePeriodSeconds > Number(seconds) + settings.drainTimeout / 1000)
    t.equal(spawnSync(program, ['0']).status, 0)
  })

  test(`${file}: its probes say how a running edge is, without a token`, async (t) => {
    const [edge] = read<Deployment>(file).spec.template.spec.containers as [Container]
    const origin = await ScriptedOrigin.start(t)
    const local = { EDGE_ORIGIN: origin.address, EDGE_ADMIN_HOST: '127.0.0.1', EDGE_ADMIN_TOKEN: 'abc' }
    const args = ['--host', '127.0.0.1', '--port', '0', '--admin-port', '0']
    const program = Program.start(t, args, { ...environment, ...local })
    const [, address = ''] = await program.says(/dashboard\s+(http\S+)\//)
    await origin.close()
    const probe = async ({ httpGet }: Probe): Promise<number> => {
      t.equal(httpGet.port, 'admin')
      // As Kubernetes does: by the pod's address, which the edge knows nothing of.
      return (await fetch(address + httpGet.path, { headers: { 'User-Agent': 'kube-probe/1.32' } })).status
    }
    for (const each of [edge.startupProbe, edge.readinessProbe, edge.livenessProbe])
      t.equal(await probe(each), 200, 'also while the origin is away')
    t.equal((await fetch(`${address}/metrics`)).status, 401)
  })
}

test('the disruption budget is about the pods that viewers are led to', async (t) => {
  const { spec } = read<{ spec: { selector: { matchLabels: Labels }; maxUnavailable: number } }>(
    'poddisruptionbudget.yaml'
  )
  t.equal(spec.maxUnavailable, 1)
  t.match(read<Deployment>('deployment.yaml').spec.template.metadata.labels, spec.selector.matchLabels)
})

test('with the tier, the pods ask the inner edge, who believes them about viewers', async (t) => {
  const { configMapGenerator } = read<{ configMapGenerator: { behavior?: string; literals?: string[] }[] }>(
    'tier/kustomization.yaml'
  )
  const merged = configMapGenerator.find(({ behavior }) => behavior === 'merge')
  const { metadata, spec } = read<{ metadata: { name: string }; spec: { ports: { port: number }[] } }>(
    'tier/service.yaml'
  )
  t.same(merged?.literals, [`EDGE_ORIGIN=http://${metadata.name}:${spec.ports[0]?.port}`])
  t.ok(
    configure({}, { ...environmentIn('tier/inner.env'), EDGE_ADMIN_TOKEN: 'abc' }).settings.trustProxy
      .length > 0
  )
})
