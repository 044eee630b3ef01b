#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { readBytes, readRate } from './amounts.ts'
import { startControl } from './control.ts'
import { type Owncast, type OwncastOptions, startOwncast } from './owncast.ts'
import type { LatencyLevel } from './stream.ts'

const help = `Usage: node dist/demo/main.js [options]

A stand-in for an Owncast server, with a real clip: for development and benchmarks.

  --host ADDRESS         where to listen (127.0.0.1)
  --port NUMBER          0 for any that is free (8100)
  --latency-level 0-4    segments of 1 to 5 seconds (2: 3 s)
  --uplink RATE          what all responses share, such as 20mbit (no limit)
  --segment-bytes SIZE   pads every segment to this size, such as 2mb
  --folder PATH          a folder that FFmpeg writes live HLS into, instead of the clip
  --endpoint URL         put before the variants of the multivariant playlist
  --offline              do not go live at the start
  --at-once              be live at once, with a whole playlist, as if the stream had been running
  --control-port NUMBER  takes commands on 127.0.0.1: POST /online, /offline, /restart, /wipe, /refuse, /accept,
                         /faults, /faults/clear, /uplink, /requests/reset; GET /requests, /viewers
  --help
`

const { values } = parseArgs({
  options: {
    host: { type: 'string' },
    port: { type: 'string', default: '8100' },
    'latency-level': { type: 'string', default: '2' },
    uplink: { type: 'string', default: '0' },
    'segment-bytes': { type: 'string', default: '0' },
    folder: { type: 'string' },
    endpoint: { type: 'string' },
    offline: { type: 'boolean', default: false },
    'at-once': { type: 'boolean', default: false },
    'control-port': { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})

if (values.help) process.stdout.write(help)
else await run()

async function run(): Promise<void> {
  const owncast = await startOwncast(readOptions())
  const port = values['control-port']
  const control = port === undefined ? undefined : await startControl(owncast, readNumber(port, 0, 65_535))
  console.log(`owncast stand-in on ${owncast.address}`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(owncast, control))
}

async function stop(
  owncast: Owncast,
  control: Awaited<ReturnType<typeof startControl>> | undefined
): Promise<void> {
  control?.close()
  control?.closeAllConnections()
  await owncast.close()
}

function readOptions(): OwncastOptions {
  const { host, folder, endpoint } = values
  return {
    port: readNumber(values.port, 0, 65_535),
    latencyLevel: readNumber(values['latency-level'], 0, 4) as LatencyLevel,
    uplink: readRate(values.uplink),
    segmentBytes: readBytes(values['segment-bytes']),
    live: !values.offline,
    ...(values['at-once'] ? { startupGap: 0, onlineDelay: 0 } : {}),
    ...(host === undefined ? {} : { host }),
    ...(folder === undefined ? {} : { source: { kind: 'folder', path: folder } }),
    ...(endpoint === undefined ? {} : { servingEndpoint: endpoint })
  }
}

function readNumber(text: string, least: number, most: number): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  throw new RangeError(`${JSON.stringify(text)} is not a number from ${least} to ${most}`)
}
