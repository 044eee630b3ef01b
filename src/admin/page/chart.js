import { colour, onTheme } from './dom.js'

/** How much time the charts show, in seconds. */
export const kept = 600

/** A chart that follows the size of its box and the theme. `options` is called for each theme. */
export class Chart {
  #chart
  #columns
  #box
  #options

  constructor(box, columns, options) {
    this.#box = box
    this.#columns = columns
    this.#options = options
    this.#draw()
    onTheme(() => this.#draw())
    new ResizeObserver(() => this.#chart.setSize(this.#size())).observe(box)
  }

  show(columns) {
    this.#columns = columns
    this.#chart.setData(columns)
  }

  #size() {
    return { width: this.#box.clientWidth, height: this.#box.clientHeight }
  }

  #draw() {
    this.#chart?.destroy()
    const common = { ...this.#size(), legend: { show: false } }
    this.#chart = new uPlot({ ...common, ...this.#options() }, this.#columns, this.#box)
  }
}

/** How all axes look. */
export function axis(options) {
  return {
    stroke: colour('--soft'),
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { show: false },
    ...options
  }
}

/** The axis of time: always as long, also where there are only some seconds yet, so that it stands still. */
export function timeAxis() {
  return axis({ space: 70, size: 26, values: (_, times) => times.map(hourAndMinute) })
}

export function timeRange(_chart, _start, end) {
  const until = end ?? Date.now() / 1000
  return [until - kept, until]
}

/** Drops what is older than the charts show. */
export function trim(columns) {
  const [times] = columns
  while (times[0] < times.at(-1) - kept) for (const column of columns) column.shift()
}

function hourAndMinute(time) {
  return new Date(time * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false })
}
