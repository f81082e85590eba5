/**
 * Memory that nobody touches. V8 collects when what it knows of has grown by some 64 MB, and it knows of an ArrayBuffer,
 * not of a texture: a storage that holds one of its texture's size is collected as soon as an array of that size were.
 * One that may grow gets its pages from the system only when they are written to, unlike a plain one, which comes
 * zeroed.
 */
export type Ballast = object

/** Smaller ones are saved up for one of this size: making one takes 10 µs. */
const least = 1 << 16

/** So many of disposed storages are kept, for storages to come. */
const most = 1024

type Resizable = new (bytes: number, options: { readonly maxByteLength: number }) => Ballast

const make = (bytes: number): Ballast | undefined => {
  try {
    return new (ArrayBuffer as unknown as Resizable)(bytes, { maxByteLength: bytes })
  } catch {
    // no address space: collection comes later
    return undefined
  }
}

/** Makes ballast, and keeps that of storages that were disposed: a loop that donates makes none. */
export class Ballasts {
  #owed = 0
  #count = 0
  readonly #spare = new Map<number, Ballast[]>()

  /** For a storage of so many bytes; small ones get none, or that of all since the last together. */
  of(bytes: number): Ballast | undefined {
    if (bytes >= least) return this.#taken(bytes)
    this.#owed += bytes
    if (this.#owed < least) return undefined
    this.#owed -= least
    return this.#taken(least)
  }

  #taken(bytes: number): Ballast | undefined {
    const spare = this.#spare.get(bytes)?.pop()
    if (spare) this.#count--
    return spare ?? make(bytes)
  }

  keep(bytes: number, ballast: Ballast): void {
    const size = Math.max(bytes, least)
    if (this.#count++ >= most) {
      this.#spare.clear()
      this.#count = 1
    }
    const waiting = this.#spare.get(size) ?? []
    waiting.push(ballast)
    this.#spare.set(size, waiting)
  }
}
