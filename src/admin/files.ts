import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname } from 'node:path'

/** A file of the dashboard's page. */
export interface PageFile {
  readonly type: string
  readonly bytes: Buffer
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml'
}

/** From the path under which each file of the page is served to the file: the page's own, and uPlot as it was installed. */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const folder = new URL('page/', import.meta.url)
  const files = new Map<string, PageFile>()
  const add = (path: string, source: string | URL): void => {
    const type = types[extname(String(source))] ?? 'application/octet-stream'
    files.set(path, { type, bytes: readFileSync(source) })
  }
  for (const name of readdirSync(folder)) {
    add(name === 'index.html' ? '/' : `/page/${name}`, new URL(name, folder))
  }
  const { resolve } = createRequire(import.meta.url)
  add('/page/uplot.js', resolve('uplot/dist/uPlot.iife.min.js'))
  add('/page/uplot.css', resolve('uplot/dist/uPlot.min.css'))
  return files
}
