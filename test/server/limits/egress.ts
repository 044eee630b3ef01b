import { test } from 'tap'
import { Egress } from '../../../src/server/limits/egress.ts'

/** A line, and an audience each of whom takes so much of it as soon as they are admitted. */
class Line {
  readonly egress: Egress
  viewers = 0
  readonly #share: number
  #now = 1e12
  #sent = 0

  constructor(most: number, share: number) {
    this.egress = new Egress(most)
    this.#share = share
  }

  /** Some seconds pass, in which so many would come each second; tells how many were admitted. */
  pass(seconds: number, arrivals = 0): number {
    const before = this.viewers
    for (let second = 0; second < seconds; second++) {
      for (let i = 0; i < arrivals; i++) if (this.egress.admits()) this.viewers++
      this.#now += 1000
      this.#sent += this.viewers * this.#share
      if (second % 2 === 1) this.egress.measure(this.#now, this.#sent, this.viewers)
    }
    return this.viewers - before
  }
}

test('a crowd that comes at once is admitted as far as the line goes', (t) => {
  const line = new Line(50e6, 500_000)
  line.pass(60, 200)
  t.ok(line.viewers >= 80 && line.viewers <= 92, `${line.viewers} viewers of 100 that would fit`)
  t.equal(line.pass(10, 200), 0, 'and nobody else')
  t.end()
})

test('viewers who take less than usual let in more of them, who take more fewer', (t) => {
  const light = new Line(50e6, 100_000)
  light.pass(120, 20)
  t.ok(light.viewers >= 400 && light.viewers <= 480, `${light.viewers} of 500`)
  const heavy = new Line(50e6, 1_000_000)
  heavy.pass(120, 1)
  t.ok(heavy.viewers >= 40 && heavy.viewers <= 47, `${heavy.viewers} of 50`)
  t.end()
})

test('there is room again when some have left', (t) => {
  const line = new Line(50e6, 500_000)
  line.pass(60, 10)
  t.equal(line.pass(10, 1), 0)
  line.viewers = 60
  line.pass(20)
  t.ok(line.pass(2, 5) > 0)
  t.end()
})

test('a line that is widened takes more at once, and one without a limit everybody', (t) => {
  const line = new Line(10e6, 500_000)
  line.pass(60, 10)
  t.equal(line.pass(4, 1), 0)
  line.egress.limit(100e6)
  t.equal(line.pass(4, 1), 4)
  line.egress.limit(Number.POSITIVE_INFINITY)
  t.equal(line.pass(1, 5000), 5000)
  t.end()
})
