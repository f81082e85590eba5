// npx tsx examples/custom-op.ts: an operation of your own is a function of tensors, and so is its gradient.
import * as t from 'tessera'

/** x · Φ(x), with the normal distribution's Φ (Hendrycks and Gimpel 2016). */
export const gelu = <S extends t.Shape>(x: t.Tensor<S>): t.Tensor<S> => {
  const phi = t.mul(t.add(t.erf(t.mul(x, Math.SQRT1_2)), 1), 0.5)
  return t.mul(x as t.Tensor, phi as t.Tensor) as t.Tensor<S>
}

/**
 * ln(e^a + e^b), without overflow: the larger of the two, and what the smaller adds. The distance of two equal numbers is
 * chosen to be 0, because ∞ - ∞ is NaN.
 */
export const logaddexp = (a: t.Tensor, b: t.Tensor): t.Tensor => {
  const distance = t.select(t.equal(a, b), 0, t.abs(t.sub(a, b)))
  return t.add(t.maximum(a, b), t.log(t.add(t.exp(t.neg(distance)), 1)))
}

/** Both at some points, with their slopes, and the plan that computes all of it. */
export const main = async (): Promise<string> => {
  using device = await t.device()
  const x = t.tensor([-2, -1, 0, 1, 2])
  const slopes = device.compile((v: t.Tensor) => [gelu(v), t.grad((w: t.Tensor) => t.sum(gelu(w)))(v)] as const)
  const [y, slope] = slopes(x)
  const sums = device.compile(logaddexp)(x, t.tensor([1000, 1, 0, -1, -1000]))
  const lines = [
    `gelu       ${Array.from(await device.read(y), (v) => v.toFixed(4)).join('  ')}`,
    `its slope  ${Array.from(await device.read(slope), (v) => v.toFixed(4)).join('  ')}`,
    `logaddexp  ${Array.from(await device.read(sums), (v) => v.toFixed(4)).join('  ')}`
  ]
  return [...lines, device.show(gelu, x)].join('\n')
}

if (import.meta.filename === process.argv[1]) console.log(await main())
