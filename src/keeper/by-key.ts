/**
 * What is there for a moment, by key. Unlike a Map, which makes a new table whenever enough have come and gone: V8 chains each
 * table to the next, and once one of them is old, all who stood in those after it stay until the next great collection, 5 KB
 * of each fetch.
 */
export class ByKey<Value> {
  readonly #values: Record<string, Value> = Object.create(null)
  #size = 0

  get size(): number {
    return this.#size
  }

  get entries(): [string, Value][] {
    return Object.entries(this.#values)
  }

  get(key: string): Value | undefined {
    return this.#values[key]
  }

  set(key: string, value: Value): void {
    if (!(key in this.#values)) this.#size++
    this.#values[key] = value
  }

  /** @param value where it is given, only that leaves */
  delete(key: string, value: Value | undefined = this.#values[key]): void {
    if (!(key in this.#values) || this.#values[key] !== value) return
    delete this.#values[key]
    this.#size--
  }
}
