import fc from 'fast-check'

/** What a disk, a cable or a program may do to a file. */
export type Damage = (bytes: Uint8Array) => Uint8Array

const page = 4096

const part = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

const changed = (bytes: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array => {
  const copy = bytes.slice()
  change(copy)
  return copy
}

const pageAt = (bytes: Uint8Array, at: number): number => page * Math.floor((at * bytes.length) / page)

const flip = fc.tuple(part, fc.nat(7)).map(
  ([at, bit]): Damage =>
    (bytes) =>
      changed(bytes, (copy) => {
        const i = Math.floor(at * bytes.length)
        copy[i] = bytes[i]! ^ (1 << bit)
      })
)

const zeroed = part.map(
  (at): Damage =>
    (bytes) =>
      changed(bytes, (copy) => copy.fill(0, pageAt(bytes, at), pageAt(bytes, at) + page))
)

const swapped = fc.tuple(part, part).map(
  ([a, b]): Damage =>
    (bytes) =>
      changed(bytes, (copy) => {
        const [first, second] = [pageAt(bytes, a), pageAt(bytes, b)]
        const held = bytes.slice(first, first + page)
        copy.set(bytes.subarray(second, Math.min(second + page, second + held.length)), first)
        copy.set(held.subarray(0, bytes.length - second), second)
      })
)

const repeated = fc.tuple(part, part).map(
  ([a, b]): Damage =>
    (bytes) =>
      changed(bytes, (copy) => copy.copyWithin(pageAt(bytes, a), pageAt(bytes, b), pageAt(bytes, b) + page))
)

const cut = part.map(
  (at): Damage =>
    (bytes) =>
      bytes.slice(0, Math.floor(at * bytes.length))
)

const longer = fc.uint8Array({ minLength: 1, maxLength: page }).map(
  (more): Damage =>
    (bytes) =>
      Uint8Array.from([...bytes, ...more])
)

/** Bits turned, pages of zeros, pages that changed places or stand twice, ends cut off and added. */
export const damages: fc.Arbitrary<Damage> = fc.oneof(flip, zeroed, swapped, repeated, cut, longer)
