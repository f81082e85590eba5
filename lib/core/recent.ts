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
    const [oldest] = this.#known.keys()
    if (this.#known.size > this.most) this.#known.delete(oldest!)
    return value
  }

  clear(): void {
    this.#known.clear()
  }
}
