/** What was made for keys; beyond so many, what was asked for longest ago goes. `onDrop` is called with all that goes. */
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

  // asked for only then: a Map walks over the places of what was deleted
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
