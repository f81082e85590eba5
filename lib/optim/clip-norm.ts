import { counted, dual } from '../core/dual.ts'
import { options } from '../core/options.ts'
import { add, div, mul, sqrt } from '../core/primitives.ts'
import { raise } from '../base/raise.ts'
import type { Scalar } from '../core/tensor.ts'
import { mapTree, tensorsOf } from '../core/tree.ts'
import { stack } from '../ops/movement.ts'
import { minimum, square } from '../ops/pointwise.ts'
import { sum } from '../ops/reduce.ts'
import type { Optimiser } from './optimiser.ts'

/** The options of `clipNorm`. */
export interface ClipNormOptions {
  /** The longest that the gradients together may be. */
  readonly norm: number
}

/** An optimiser and options; or the options alone, for `pipe`. */
export interface ClipNorm {
  <P, S>(optimiser: Optimiser<P, S>, options: ClipNormOptions): Optimiser<P, S>
  (options: ClipNormOptions): <P, S>(optimiser: Optimiser<P, S>) => Optimiser<P, S>
}

/** Added to the norm, as PyTorch does it, so that gradients of zeros stay zeros. */
const eps = 1e-6

/**
 * The Euclidean norm of a tree: the root of the sum of the squares of all its numbers.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const norm = t.globalNorm({ a: t.tensor([3]), b: t.tensor([[4]]) })
 * assert.deepStrictEqual(await t.reference.read(norm), Float64Array.of(5))
 * ```
 */
export const globalNorm = (tree: unknown): Scalar => {
  const squares = tensorsOf(tree).map((x) => sum(square(x)))
  return squares.length === 0 ? raise('globalNorm', 'the tree holds no tensor') : sqrt(sum(stack(squares)))
}

/**
 * An optimiser that sees the gradients shortened to a norm, if they are longer: g · min(1, norm / (‖g‖ + 1e-6)), where
 * ‖g‖ is the norm of all gradients together (Pascanu et al. 2013; as PyTorch's `clip_grad_norm_`).
 *
 * @throws TesseraError if the norm is not a positive number
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const optimiser = t.clipNorm(t.sgd<t.Tensor>({ lr: 1 }), { norm: 1 })
 * const x = t.tensor([0, 0])
 * const [next] = optimiser.update(t.tensor([30, -40]), optimiser.init(x), x)
 * assert.deepStrictEqual((await t.reference.read(next)).map((v) => Math.round(v * 1e4) / 1e4), Float64Array.of(-0.6, 0.8))
 * ```
 */
export const clipNorm = dual<ClipNorm>(counted(2), (given: ClipNormOptions) => {
  const { norm } = options('clipNorm', given, { norm: true })
  if (!(norm > 0 && Number.isFinite(norm))) raise('clipNorm', `norm is a positive number, not ${norm}`)
  return <P, S>({ init, update }: Optimiser<P, S>): Optimiser<P, S> => ({
    init,
    update: (grads, state, params) => {
      const shorter = minimum(div(norm, add(globalNorm(grads), eps)), 1)
      return update(
        mapTree(grads, (g) => mul(g, shorter)),
        state,
        params
      )
    }
  })
})
