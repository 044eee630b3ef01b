import { axis, Chart } from './chart.js'
import { at, colour, make, makeName } from './dom.js'
import { bytes, rate, span } from './format.js'

const mostBars = 48
const mostRows = 8
/** The shortest time that the axis tells from none, in seconds. */
const shortest = 0.001

/** How segments come in: a bar for each, against its own length, and the newest in a table. */
export class Fills {
  #segments = []
  #variants = {}
  #target = 0
  #chart = new Chart(at('fills'), this.#columns(), options)

  begin(segments) {
    this.#segments = segments.slice(-mostBars)
    this.#show()
  }

  add(segment) {
    this.#segments = [...this.#segments, segment].slice(-mostBars)
    this.#show()
  }

  /** What the variants are called, and how long segments are. */
  know({ watching, playlists }) {
    this.#variants = Object.fromEntries(watching.variants.map(({ variant, name }) => [variant, name]))
    const target = Math.max(0, ...playlists.map(({ targetDuration }) => targetDuration))
    if (target === 0 || target === this.#target) return
    this.#target = target
    this.#show()
  }

  #show() {
    this.#chart.show(this.#columns())
    const rows = this.#segments
      .slice(-mostRows)
      .reverse()
      .map((segment) => this.#row(segment))
    // Always as many, so that nothing below moves when the first come in.
    while (rows.length < mostRows) rows.push(emptyRow())
    at('segments').tBodies[0].replaceChildren(...rows)
  }

  #columns() {
    const first = mostBars - this.#segments.length
    const seconds = (segment) => Math.max(segment.took / 1000, shortest * 1.2)
    const isLate = (segment) => !segment.isWhole || (this.#target > 0 && segment.took > this.#target)
    const length = this.#target > 0 ? this.#target / 1000 : null
    return [
      Array.from({ length: mostBars }, (_, i) => i),
      [...Array(first).fill(null), ...this.#segments.map((one) => (isLate(one) ? null : seconds(one)))],
      [...Array(first).fill(null), ...this.#segments.map((one) => (isLate(one) ? seconds(one) : null))],
      Array(mostBars).fill(length)
    ]
  }

  #row({ variant, number, bytes: size, took, waiting, isWhole, result }) {
    const name = this.#variants[variant] ?? variantName(variant)
    const isLate = this.#target > 0 && took > this.#target
    return make(
      'tr',
      {},
      make('td', {}, `#${number}`),
      make('td', {}, makeName(name)),
      isWhole ? make('td', {}, bytes(size)) : make('td', { class: 'failed' }, result),
      make('td', isLate ? { class: 'late' } : {}, span(took)),
      make('td', { class: 'roomy' }, isWhole && took > 0 ? rate(size / (took / 1000)).join(' ') : '–'),
      make('td', {}, String(waiting))
    )
  }
}

/** Segments of other servers than Owncast are told by their folder. */
function variantName(variant) {
  if (!variant.startsWith('/')) return `variant ${variant}`
  return variant.replace(/^\/(.+)\/$/, '$1')
}

function emptyRow() {
  return make('tr', {}, make('td', { colspan: 6 }, '\u00a0'))
}

function options() {
  const bars = (name) => ({
    fill: colour(name),
    stroke: colour(name),
    width: 0,
    points: { show: false },
    paths: uPlot.paths.bars({ size: [0.72, 22, 2], radius: 0.2 })
  })
  const length = { stroke: colour('--soft'), dash: [5, 5], width: 1.5, points: { show: false } }
  return {
    padding: [8, 8, 8, 0],
    cursor: { show: false },
    scales: {
      x: { time: false, range: [-0.6, mostBars - 0.4] },
      // From milliseconds on a good line to the seconds that a segment may take: each line is ten times the one below.
      y: { distr: 3, log: 10, range: (_, __, most) => [shortest, Math.max(most * 1.5, 1)] }
    },
    axes: [
      { show: false },
      axis({
        size: 58,
        splits: () => [0.001, 0.01, 0.1, 1, 10],
        filter: (_, splits) => splits,
        values: (_, values) => values.map((one) => span(one * 1000).replace('.0', ''))
      })
    ],
    series: [{}, bars('--out'), bars('--bad'), length]
  }
}
