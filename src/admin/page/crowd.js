import { axis, Chart, timeAxis, timeRange, trim } from './chart.js'
import { at, colour } from './dom.js'

/** The chart of how many watched. */
export class Crowd {
  #columns = [[], []]
  #chart = new Chart(at('crowd'), this.#columns, options)

  begin({ at: times, viewers }) {
    this.#columns = [[...times], viewers]
    this.#chart.show(this.#columns)
  }

  add({ at: time, watching }) {
    this.#columns[0].push(time / 1000)
    this.#columns[1].push(watching.total)
    trim(this.#columns)
    this.#chart.show(this.#columns)
  }
}

function options() {
  const whole = { size: 40, space: 18, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] }
  const stroke = colour('--out')
  return {
    padding: [8, 22, 0, 0],
    cursor: { show: false },
    scales: { x: { range: timeRange }, y: { range: (_, __, most) => [0, Math.max(most * 1.1, 4)] } },
    axes: [timeAxis(), axis(whole)],
    series: [{}, { stroke, fill: colour('--out-fill'), width: 1.5, points: { show: false } }]
  }
}
