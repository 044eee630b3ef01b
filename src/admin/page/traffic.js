import { axis, Chart, timeAxis, timeRange, trim } from './chart.js'
import { at, colour, write } from './dom.js'
import { rate } from './format.js'

const speak = (value) => (value == null ? '' : rate(value).join(' '))
const speakOnAxis = (value) => (value === 0 ? '0' : speak(value).replace(/\.0+ /, ' '))
/** The least that the axis spans, in bytes per second: 1 Mbit/s. */
const least = 125_000

/** The chart of what goes out and what comes in. */
export class Traffic {
  #columns = [[], [], []]
  #chart = new Chart(at('traffic'), this.#columns, () => this.#options())

  begin({ at: times, out, in: incoming }) {
    this.#columns = [times, out, incoming]
    this.#chart.show(this.#columns)
  }

  add({ at: time, rates }) {
    const [times, out, incoming] = this.#columns
    times.push(time / 1000)
    out.push(rates.out)
    incoming.push(rates.in)
    trim(this.#columns)
    this.#chart.show(this.#columns)
  }

  #options() {
    const values = { size: 74, space: 40, splits: (_, __, ___, most) => steps(most) }
    return {
      padding: [8, 22, 0, 0],
      cursor: { y: false, points: { size: 7 } },
      scales: { x: { range: timeRange }, y: { range: (_, __, most) => [0, Math.max(most * 1.1, least)] } },
      axes: [timeAxis(), axis({ ...values, values: (_, splits) => splits.map(speakOnAxis) })],
      series: [{}, line('out'), line('in')],
      hooks: { setCursor: [(chart) => this.#point(chart.cursor.idx)] }
    }
  }

  /** Says what was at the moment under the pointer. */
  #point(index) {
    const [, out, incoming] = this.#columns
    write('at-out', index == null ? '' : speak(out[index]))
    write('at-in', index == null ? '' : speak(incoming[index]))
  }
}

function line(name) {
  return { stroke: colour(`--${name}`), fill: colour(`--${name}-fill`), width: 1.5, points: { show: false } }
}

/** Round numbers of bits. */
function steps(most) {
  const rough = (most * 8) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough)
  const found = []
  for (let bits = 0; bits <= most * 8; bits += step) found.push(bits / 8)
  return found
}
