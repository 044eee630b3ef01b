import type { AddressInfo, Server } from 'node:net'

/** Opens a server's port; rejects with the system's error where the address cannot be had. */
export async function listenAt(server: Server, host: string, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // Without a host Node listens on :: and, where the system knows no IPv6, on 0.0.0.0.
    server.listen({ ...(host !== '::' && { host }), port, backlog: 4096 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return server.address() as AddressInfo
}
