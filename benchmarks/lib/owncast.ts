import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Owncast, OwncastOptions } from '../../src/demo/owncast.ts'
import { serve } from './remote.ts'

/* The process of the stand-in Owncast. */

let owncast: Owncast

serve({
  /** @returns its address */
  start: async (options: OwncastOptions) => {
    // The built one, which knows where its clip is.
    const { startOwncast } = (await import(
      pathToFileURL(resolve('dist/demo/owncast.js')).href
    )) as typeof import('../../src/demo/owncast.ts')
    owncast = await startOwncast(options)
    return owncast.address
  },
  bytes: () => owncast.requests.bytes
})
