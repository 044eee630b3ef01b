import type { Settings } from './settings.ts'

/** A setting as it was written, and who wrote it. */
interface Written {
  readonly setting: { readonly name: string }
  readonly text: string | undefined
  readonly from: string
}

/** The ports that HTTPS for a domain is expected at. */
const portsOfDomain: Readonly<Record<string, string>> = { port: '443', 'http-port': '80' }

/** Moves the ports that nobody has set to where they are expected, if there is a domain. */
export function withPortsOfDomain<T extends Written>(all: readonly T[]): T[] {
  const hasDomain = all.some(({ setting, text }) => setting.name === 'domain' && text !== '')
  return all.map((one) => {
    const text = portsOfDomain[one.setting.name]
    return hasDomain && one.from === 'default' && text !== undefined ? { ...one, text } : one
  })
}

/** Why these settings of HTTPS do not fit together, in one sentence, or undefined where they do. */
export function tlsFault(settings: Settings): string | undefined {
  const { tlsCert, tlsKey, domain, acmeEmail, httpPort, port } = settings
  const [name] = domain
  if ((tlsCert === undefined) !== (tlsKey === undefined)) return '--tls-cert and --tls-key need each other'
  if (tlsCert !== undefined && name !== undefined)
    return `--domain: "${name}" is not usable: certificates come from --tls-cert, or from a CA for --domain, not from both`
  if (acmeEmail !== undefined && name === undefined)
    return `--acme-email: "${acmeEmail}" is not usable: nothing is ordered without --domain`
  if (httpPort === undefined) return undefined
  if (tlsCert === undefined && name === undefined)
    return `--http-port: "${httpPort}" is not usable: it sends viewers to HTTPS, which needs --tls-cert or --domain`
  if (httpPort === port && port !== 0) return `--http-port: "${httpPort}" is not usable: --port is the same`
  return undefined
}
