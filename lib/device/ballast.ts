/**
 * Memory that is never touched. V8 collects garbage after the memory it knows of has grown by some 64 MB. It knows of
 * ArrayBuffers, not of textures: with an ArrayBuffer of its texture's size, a storage is collected as soon as an array of
 * that size would be. A growable buffer gets its pages only when they are written, unlike a plain one, which is zeroed.
 */
export type Ballast = object

/** Bytes: smaller storages share one buffer of at least this size, because making a buffer takes 10 µs. */
const least = 1 << 16

/** How many buffers of disposed storages are kept for later ones. */
const most = 1024

type Resizable = new (bytes: number, options: { readonly maxByteLength: number }) => Ballast

const make = (bytes: number): Ballast | undefined => {
  try {
    return new (ArrayBuffer as unknown as Resizable)(bytes, { maxByteLength: bytes })
  } catch {
    // no address space is left, so collection will come later
    return undefined
  }
}

/** Makes ballast, and reuses that of disposed storages: a loop that donates makes none. */
export class Ballasts {
  #owed = 0
  #count = 0
  readonly #spare = new Map<number, Ballast[]>()

  /** Ballast for a storage of this many bytes. Small storages get none until they add up to one buffer. */
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
