/** What was made for keys; beyond so many, what was asked for longest ago goes. */
export class Recent<A> {
  readonly #known = new Map<string, A>()
  constructor(readonly most: number) {}

  get size(): number {
    return this.#known.size
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
    const [oldest] = this.#known.keys()
    this.#known.delete(oldest!)
  }

  clear(): void {
    this.#known.clear()
  }
}
