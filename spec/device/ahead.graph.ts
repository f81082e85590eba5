import * as t from '../../lib/index.ts'

const f = (x: t.Tensor, w: t.Tensor, v: t.Tensor): t.Tensor<readonly []> =>
  t.sum(t.silu(t.matmul(t.reshape(t.silu(t.conv2d(w, { padding: 'same' })(x)), [6, 648]), v)))

const given = (
  [
    [6, 3, 9, 9],
    [8, 3, 3, 3],
    [648, 5]
  ] as const
).map((shape) => t.mul(t.iota<t.Shape>(shape), 0.01))

/** Some programs of all kinds: convolutions, sums, a matrix product, and their gradients. */
export const graph: readonly t.Tensor[] = (() => {
  const [x, w, v] = given as [t.Tensor, t.Tensor, t.Tensor]
  return [f(x, w, v), ...t.grad((args: readonly t.Tensor[]) => f(args[0]!, args[1]!, args[2]!))([x, w, v])]
})()
