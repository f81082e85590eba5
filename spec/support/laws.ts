import { filled } from './arbitrary.ts'
import { dot, dotScale, evaluate, moved, valuesOf } from './float64.ts'
import type { Sample } from './rows.ts'
import { allowance, differenceAllowance, expectClose, step, unit64 } from './tolerance.ts'
import { simplify } from '../../lib/compile/graph/simplify.ts'
import { defaultCosts } from '../../lib/compile/kernel/costs.ts'
import { twoStageLoops, twoStageSums } from '../../lib/compile/graph/two-stage.ts'
import { showShape } from '../../lib/base/raise.ts'
import { topological, type Tensor } from '../../lib/core/tensor.ts'
import { vjp } from '../../lib/grad/grad.ts'

// What holds for every row. Each law takes a sample and throws where it does not hold.

type Tensors = readonly Tensor[]
/** A function of some tensors. */
export type Map_ = (xs: Tensors) => Tensor

/** The row as a function of its differentiable inputs. */
const functionOf =
  ({ build, by }: Sample, inputs: Tensors): Map_ =>
  (xs) =>
    build(...inputs.map((x, i) => (by.includes(i) ? xs[by.indexOf(i)]! : x)))
const argumentsOf = ({ by }: Sample, inputs: Tensors): Tensors => by.map((i) => inputs[i]!)

const like = (xs: Tensors, seed: number): Tensors => xs.map((x, i) => filled(x.shape, 'any', seed + i))

/** The pullback of f at xs, of a cotangent. */
const pulled = (f: Map_, xs: Tensors, ct: Tensor): Tensors => vjp(f, xs)[1](ct)

/** The result of a sample and its pullback of some cotangent: what kernels are compared for. */
export const resultsOf = (sample: Sample, seed = 1): Tensors => {
  const xs = argumentsOf(sample, sample.inputs)
  const [y, pullback] = vjp(functionOf(sample, sample.inputs), xs)
  return xs.length === 0 ? [y] : [y, ...pullback(filled(y.shape, 'any', seed))]
}

/** A pullback gives each input a cotangent of its shape. */
export const pullbackShapes = (sample: Sample): void => {
  const xs = argumentsOf(sample, sample.inputs)
  resultsOf(sample)
    .slice(1)
    .forEach((ct, i) => {
      const [found, wanted] = [showShape(ct.shape), showShape(xs[i]!.shape)]
      if (found !== wanted) throw new Error(`the cotangent of input ${i} is ${found}, the input ${wanted}`)
    })
}

/** ⟨a, b⟩ over lists of tensors, and Σ|a b|. */
const inner = (as: Tensors, bs: Tensors): readonly [value: number, scale: number, terms: number] => {
  const [a, b] = [valuesOf(as), valuesOf(bs)]
  return [
    a.reduce((sum, x, i) => sum + dot(x, b[i]!), 0),
    a.reduce((sum, x, i) => sum + dotScale(x, b[i]!), 0),
    a.reduce((sum, x) => sum + x.length, 0)
  ]
}

/** ⟨ct, (f(x + hv) - f(x - hv)) / 2h⟩ = ⟨pullback ct, v⟩ */
export const differences = (f: Map_, xs: Tensors, seed: number): void => {
  const vs = like(xs, seed)
  const ct = filled(f(xs).shape, 'any', seed + 10)
  const at = (h: number) => inner([ct], [f(xs.map((x, i) => moved(x, vs[i]!, h)))])
  const quotient = (h: number): number => (at(h)[0] - at(-h)[0]) / (2 * h)
  const [narrow, wide] = [quotient(step), quotient(2 * step)]
  const [gradient, scale] = inner(pulled(f, xs, ct), vs)
  const [, sum, terms] = at(step)
  const allowed = differenceAllowance({ narrow, wide }, 1 + scale + sum, terms)
  expectClose([gradient], [narrow], [allowed], 'the pullback is not the derivative')
}

export const gradientIsDerivative = (sample: Sample): void =>
  differences(functionOf(sample, sample.smooth), argumentsOf(sample, sample.smooth), 20)

/** The same of the pullback itself, as a function of the inputs and the cotangent. */
export const secondDerivative = (sample: Sample): void => {
  const f = functionOf(sample, sample.smooth)
  const xs = argumentsOf(sample, sample.smooth)
  const ct = filled(f(xs).shape, 'any', 30)
  for (const i of xs.keys()) differences((all) => pulled(f, all.slice(1), all[0]!)[i]!, [ct, ...xs], 40)
}

/** ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ */
export const adjoint = (sample: Sample): void => {
  const xs = argumentsOf(sample, sample.inputs)
  const f = functionOf(sample, sample.inputs)
  const y = filled(f(xs).shape, 'any', 50)
  const [forward, scale, terms] = inner([f(xs)], [y])
  const [backward, scaleBack, termsBack] = inner(pulled(f, xs, y), xs)
  const allowed = allowance({ unit: 8 * unit64, scale: scale + scaleBack, terms: terms + termsBack })
  expectClose([backward], [forward], [allowed], 'the pullback is not the adjoint')
}

/** pullback(2a - 3b) = 2 pullback(a) - 3 pullback(b) */
export const pullbackIsLinear = (sample: Sample): void => {
  const xs = argumentsOf(sample, sample.smooth)
  const f = functionOf(sample, sample.smooth)
  const [a, b] = [60, 61].map((seed) => filled(f(xs).shape, 'any', seed)) as [Tensor, Tensor]
  const of = (ct: Tensor) => valuesOf(pulled(f, xs, ct))
  const both = of(moved(moved(a, a, 1), b, -3))
  const [ofA, ofB] = [of(a), of(b)]
  both.forEach((values, i) => {
    const wanted = values.map((_, j) => 2 * ofA[i]![j]! - 3 * ofB[i]![j]!)
    const scale = 5 * Math.max(...ofA[i]!.map(Math.abs), ...ofB[i]!.map(Math.abs))
    expectClose(values, wanted, { unit: 8 * unit64, scale, terms: f(xs).shape.reduce((n, d) => n * d, 1) })
  })
}

/** The planner's rewriting changes no value. */
export const rewritingKeeps = (outputs: Tensors): void => {
  const nodes = topological(outputs)
  const values = new Map(valuesOf(nodes).map((of, i) => [nodes[i]!, of]))
  // what cancels out leaves the rounding of what it was before
  const scale = [...values.values()].reduce((most, of) => Math.max(most, largest(of)), 0)
  // where calls cost nothing, sums are split that are much shorter than those worth it
  valuesOf(simplify(twoStageLoops(twoStageSums(simplify(outputs), { ...defaultCosts, call: 0 })))).forEach(
    (rewritten, i) =>
      expectClose(rewritten, values.get(outputs[i]!)!, { unit: 64 * unit64, scale, terms: 100 }, 'after rewriting')
  )
}

const largest = (values: Float64Array): number =>
  values.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 0)

/** A stop: nothing passes. */
export const pullbackIsZero = (sample: Sample): void =>
  resultsOf(sample)
    .slice(1)
    .forEach((ct) => expectClose(evaluate(ct), new Float64Array(evaluate(ct).length), { scale: 0 }))
