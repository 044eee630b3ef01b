// Module hooks (https://nodejs.org/api/module.html#customization-hooks) that give Node the JavaScript of TypeScript files.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const kept = fileURLToPath(new URL('../.tap/stripped', import.meta.url))

export async function load(url, context, nextLoad) {
  if (!/^file:.*\.ts$/.test(url) || url.includes('/node_modules/')) return nextLoad(url, context)
  const path = fileURLToPath(url)
  const text = readFileSync(path, 'utf8')
  const name = join(kept, `${createHash('sha1').update(path).update(text).digest('hex')}.js`)
  return { format: 'module', source: readKept(name) ?? (await strip(text, path, name)), shortCircuit: true }
}

function readKept(name) {
  try {
    return readFileSync(name, 'utf8')
  } catch {
    // Not stripped yet.
    return undefined
  }
}

async function strip(text, path, name) {
  const { default: typescript } = await import('typescript')
  const { ModuleKind, ScriptTarget, transpileModule } = typescript
  const { outputText } = transpileModule(text, {
    fileName: path,
    compilerOptions: {
      target: ScriptTarget.ES2023,
      module: ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
      inlineSources: true
    }
  })
  mkdirSync(kept, { recursive: true })
  // Written aside first: another process may be reading.
  writeFileSync(`${name}.${process.pid}`, outputText)
  renameSync(`${name}.${process.pid}`, name)
  return outputText
}
