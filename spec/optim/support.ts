import fc from 'fast-check'
import * as t from '../../lib/index.ts'
import type { Device, Optimiser, Tensor } from '../../lib/index.ts'

/** Four numbers as a tree of two tensors. */
export interface Four {
  readonly a: Tensor
  readonly b: readonly [Tensor]
}
export const treeOf = ([p, q, r, s]: readonly number[]): Four => ({
  a: t.tensor([p!, q!, r!], [3, 1]),
  b: [t.tensor([s!], [1])]
})

/** All numbers of a tree. */
export const readTree = async (device: Device, tree: unknown): Promise<readonly number[]> => {
  const parts = await Promise.all(t.tensorsOf(tree).map((x) => device.read(x)))
  return parts.flatMap((part) => [...part])
}

/** Numbers that float32 holds. */
const number = (least: number, most: number) => fc.double({ min: least, max: most, noNaN: true }).map(Math.fround)
const four = (least: number, most: number) => fc.array(number(least, most), { minLength: 4, maxLength: 4 })

/** Four parameters, and their gradients at each of some steps. */
export const gradients = fc.record({
  start: four(-4, 4),
  steps: fc.array(
    four(-4, 4).map((g) => g.map((v) => (Math.abs(v) < 0.01 ? 0 : v))),
    { minLength: 1, maxLength: 8 }
  )
})

/** The parameters after a step for each of the gradients. */
export const trained = async <S>(
  device: Device,
  { init, update }: Optimiser<Four, S>,
  start: readonly number[],
  steps: readonly (readonly number[])[]
): Promise<readonly number[]> => {
  const step = device.compile(update)
  let params = treeOf(start)
  let state = init(params)
  for (const g of steps) [params, state] = step(treeOf(g), state, params)
  return readTree(device, params)
}
