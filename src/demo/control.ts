import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { readRate } from './amounts.ts'
import type { Fault } from './faults.ts'
import type { Owncast } from './owncast.ts'

type Command = (owncast: Owncast, request: IncomingMessage) => unknown

/** method and path → what it does; what it returns is sent as JSON. */
const commands = new Map<string, Command>([
  ['POST /online', (owncast) => owncast.goLive()],
  ['POST /offline', (owncast) => owncast.goOffline()],
  ['POST /restart', (owncast) => owncast.restart()],
  ['POST /wipe', (owncast) => owncast.wipe()],
  ['POST /refuse', (owncast) => owncast.faults.refuse()],
  ['POST /accept', (owncast) => owncast.faults.accept()],
  ['POST /faults', addFaults],
  ['POST /faults/clear', (owncast) => owncast.faults.clear()],
  ['POST /uplink', async (owncast, request) => setRate(owncast, await json(request))],
  ['GET /requests', ({ requests }) => summarize(requests)],
  ['POST /requests/reset', ({ requests }) => requests.reset()],
  ['GET /viewers', (owncast) => owncast.viewers()]
])

/** Drives a stand-in from another process. It has no password: keep it on the loopback. Resolves when it listens. */
export async function startControl(owncast: Owncast, port: number): Promise<Server> {
  const server = createServer((request, response) => void run(owncast, request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  return server
}

async function run(owncast: Owncast, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const command = commands.get(`${request.method} ${request.url}`)
  if (command === undefined) return reply(response, 404, { commands: [...commands.keys()] })
  try {
    reply(response, 200, (await command(owncast, request)) ?? {})
  } catch (error) {
    reply(response, 400, { error: String(error) })
  }
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(value)}\n`)
}

/** One fault or a list of them, as Faults.add takes them but with `target` as the source of a regular expression. */
async function addFaults({ faults }: Owncast, request: IncomingMessage): Promise<void> {
  const body = await json(request)
  for (const { target, ...fault } of Array.isArray(body) ? body : [body]) {
    if (fault.kind === 'hold') throw new TypeError('requests can be held only from inside the process')
    faults.add({
      ...(fault as Fault),
      ...(target === undefined ? {} : { target: new RegExp(String(target)) })
    })
  }
}

function setRate({ uplink }: Owncast, body: unknown): void {
  uplink.rate = readRate(String((body as { rate?: unknown }).rate))
}

function summarize({ total, bytes, targets }: Owncast['requests']) {
  return { total, bytes, targets: Object.fromEntries(targets) }
}
