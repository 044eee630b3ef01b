// Compiles src/ to dist/ and copies what the compiler does not: pages, styles and other files that are served as they are.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const at = (path) => join(root, path)

rmSync(at('dist'), { recursive: true, force: true })
const { status } = spawnSync(
  process.execPath,
  [at('node_modules/typescript/bin/tsc'), '-p', at('tsconfig.build.json')],
  {
    cwd: root,
    stdio: 'inherit'
  }
)
if (status !== 0) process.exit(status ?? 1)

cpSync(at('src'), at('dist'), { recursive: true, filter: (path) => !path.endsWith('.ts') })
chmodSync(at('dist/main.js'), 0o755)
// Its time says when the build was last current; see ready.mjs.
writeFileSync(at('dist/.built'), '')
