import * as E from 'fp-ts/Either'
import { Inflate } from 'fflate'
import { reason } from '../base/failure.ts'

/** Deflate makes at most 258 bytes of 2 bits. */
export const largestRatio = 1032

// as many bytes at a time: what they inflate to lies in memory twice, before anybody can look how much it is
const step = 2 ** 12

const inflateAll = (bytes: Uint8Array, size: number): E.Either<string, Uint8Array> => {
  const all = new Uint8Array(size)
  let at = 0
  const stream = new Inflate((part) => {
    if (at + part.length <= size) all.set(part, at)
    at += part.length
  })
  for (let i = 0; i < bytes.length && at <= size; i += step)
    stream.push(bytes.subarray(i, i + step), i + step >= bytes.length)
  if (at > size) return E.left(`inflates to more than the ${size} bytes that it says`)
  return at === size ? E.right(all) : E.left(`inflates to ${at} of the ${size} bytes that it says`)
}

/**
 * The `size` bytes that a deflate stream (RFC 1951) says it holds, or what is wrong with it. It stops as soon as there
 * is more, however much there would be.
 */
export const inflate = (bytes: Uint8Array, size: number): E.Either<string, Uint8Array> => {
  try {
    return inflateAll(bytes, size)
  } catch (thrown) {
    return E.left(`is no deflate stream (${reason(thrown)})`)
  }
}
