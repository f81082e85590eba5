import * as E from 'fp-ts/Either'
import { Inflate } from 'fflate'
import { reason } from '../base/failure.ts'

/** The largest ratio of deflate, which can turn 2 bits into 258 bytes. */
export const largestRatio = 1032

// how many bytes to inflate at a time: their output is in memory twice before its size is known
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
 * The content of a deflate stream (RFC 1951) that must hold `size` bytes, or what is wrong with it. It stops as soon as
 * there is more.
 */
export const inflate = (bytes: Uint8Array, size: number): E.Either<string, Uint8Array> => {
  try {
    return inflateAll(bytes, size)
  } catch (thrown) {
    return E.left(`is no deflate stream (${reason(thrown)})`)
  }
}
