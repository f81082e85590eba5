/**
 * A cache of at most `most` values by key, which drops the least recently used one. `onDrop` is called with every value
 * that it drops.
 */
export class Recent<A> {
  readonly #known = new Map<string, A>()
  constructor(
    readonly most: number,
    readonly onDrop: (value: A) => void = () => undefined
  ) {}

  get size(): number {
    return this.#known.size
  }

  values(): Iterable<A> {
    return this.#known.values()
  }

  of(key: string, make: () => A): A {
    const value = this.#known.get(key) ?? make()
    this.#known.delete(key)
    this.#known.set(key, value)
    if (this.#known.size > this.most) this.#dropOldest()
    return value
  }

  // only called when the cache is full: iterating a Map walks over the places of deleted entries
  #dropOldest(): void {
    const [oldest] = this.#known
    this.#known.delete(oldest![0])
    this.onDrop(oldest![1])
  }

  clear(): void {
    this.#known.forEach((value) => this.onDrop(value))
    this.#known.clear()
  }
}
