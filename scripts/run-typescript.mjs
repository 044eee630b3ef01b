// Lets Node run the TypeScript of tests: `node --import=./scripts/run-typescript.mjs`. The types are stripped once per file
// and kept by content, so that of 150 test processes only the first that needs a file pays for it.
import { register } from 'node:module'

register('./typescript-hooks.mjs', import.meta.url)
