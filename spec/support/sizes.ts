import * as t from '../../lib/index.ts'
import { sizeOf, type Shape } from '../../lib/core/shape.ts'
import { expectAgreement } from './agree.ts'
import { filled } from './arbitrary.ts'

/** Shapes at the edges: no axis, one element, no multiple of four, longer than a row of texels, many axes. */
export const oddSizes: readonly Shape[] = [
  [],
  [1],
  [5],
  [4100],
  [16_000],
  [3, 5000],
  [1, 1, 4000],
  [65, 63],
  [130, 4, 7],
  [5, 6, 7, 8, 9]
]

/** What reads a tensor of some shape in every way that depends on how it lies in memory. */
export const readsOf = (x: t.Tensor): readonly t.Tensor[] => [
  t.mul(x, 1),
  t.add(t.sin(x), 1),
  t.flip(x, { axes: x.shape.length > 0 ? [0] : [] }),
  t.reshape(t.mul(x, 2), [sizeOf(x.shape)]),
  t.sum(x),
  t.max(x),
  t.permute(
    x,
    x.shape.map((_, i) => x.shape.length - 1 - i)
  )
]

export const expectAllReads = (device: t.Device, shape: Shape): Promise<void> =>
  expectAgreement(device, readsOf(filled(shape, 'any', 1)))
