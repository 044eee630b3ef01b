import type { Contender } from '../lib/contender.ts'
import { edge } from './edge.ts'
import { httpProxy } from './http-proxy.ts'
import { nginx } from './nginx.ts'
import { plain } from './plain.ts'
import { trafficServer } from './traffic-server.ts'
import { varnish } from './varnish.ts'

/** All that can be measured, the one in question first. */
export const contenders: readonly Contender[] = [edge, nginx, varnish, trafficServer, httpProxy, plain]
