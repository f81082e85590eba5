import { dtypes, readValues } from './dtypes.ts'
import { countOf } from './header.ts'
import type { View } from './pickle/values.ts'

/** The position in the storage after the tensor's last number. */
export const endOf = ({ offset, shape, strides }: View): number =>
  shape.includes(0) ? 0 : shape.reduce((last, d, axis) => last + (d - 1) * strides[axis]!, offset) + 1

/**
 * Whether the tensor is contiguous: element i, in row-major order, is number `offset + i`. Axes of size 1 don't matter.
 */
const isRowMajor = ({ shape, strides }: View): boolean => {
  let step = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== step) return false
    step *= shape[axis]!
  }
  return true
}

/** Calls back for each element, in row-major order, with its position in the storage. */
const walk = ({ offset, shape, strides }: View, visit: (from: number) => void): void => {
  // without axes of size 1, so that a step takes at most two turns of the inner loop on average
  const axes = shape.map((size, axis) => ({ size, stride: strides[axis]!, at: 0 })).filter(({ size }) => size !== 1)
  let from = offset
  for (let left = countOf(shape); left > 0; left--) {
    visit(from)
    // the last axis counts up; an axis at its end starts again, and the one before it counts
    for (let i = axes.length - 1; i >= 0; i--) {
      const axis = axes[i]!
      from += axis.stride
      axis.at++
      if (axis.at < axis.size) break
      from -= axis.stride * axis.size
      axis.at = 0
    }
  }
}

/** The bytes of the elements, in row-major order and little-endian. */
const gather = (bytes: Uint8Array, width: number, isLittle: boolean, view: View): Uint8Array => {
  const gathered = new Uint8Array(width * countOf(view.shape))
  let at = 0
  walk(view, (from) => {
    for (let i = 0; i < width; i++) gathered[at + i] = bytes[width * from + (isLittle ? i : width - 1 - i)]!
    at += width
  })
  return gathered
}

/** The values of a tensor within its storage's bytes, row-major, as float32. The caller has checked `endOf`. */
export const viewValues = (bytes: Uint8Array, isLittle: boolean, view: View): Float32Array => {
  const { dtype } = view.storage
  const count = countOf(view.shape)
  const width = dtypes.get(dtype)?.width ?? 0
  const isThere = count > 0 && isLittle && isRowMajor(view)
  const begin = isThere ? width * view.offset : 0
  const own = isThere ? bytes.subarray(begin, begin + width * count) : gather(bytes, width, isLittle, view)
  return readValues(dtype, new DataView(own.buffer, own.byteOffset, own.byteLength), 0, count)
}
