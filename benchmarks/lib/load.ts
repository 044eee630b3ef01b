import { Clients, type Loop } from './clients.ts'
import type { Address } from './connection.ts'
import { serve } from './remote.ts'
import { readSlowly, type SlowReading } from './slow-readers.ts'
import { type Tunnelling, Tunnels } from './tunnels.ts'

/* The process that the load comes from. */

let clients: Clients | undefined
const tunnels = new Tunnels()

serve({
  open: async ({ address, count }: { address: Address; count: number }) => {
    clients?.close()
    clients = await Clients.open(address, count)
  },
  loop: (loop: Loop) => clients!.loop(loop),
  ask: ({ targets, over }: { targets: string[]; over: number }) => clients!.ask(targets, over),
  readSlowly: (reading: SlowReading) => readSlowly(reading),
  openTunnels: (tunnelling: Tunnelling) => tunnels.open(tunnelling),
  echo: () => tunnels.echo(),
  close: () => {
    clients?.close()
    tunnels.close()
  }
})
