import fc from 'fast-check'
import * as t from '../../lib/index.ts'
import { disagreement, nothingSeen, type Seen } from '../support/agree.ts'
import { filled } from '../support/arbitrary.ts'
import { resultsOf } from '../support/laws.ts'
import { cases as edgeCases, wrongAtEdges } from '../support/edges.ts'
import { misplaced } from '../support/large.ts'
import { cook, gradientsOf, leavesOf, recipes, type Recipe } from '../support/recipe.ts'
import { expected } from '../support/rounding.ts'
import { computable } from '../support/rows.ts'
import { mismatch } from '../support/tolerance.ts'

// What a browser's WebGL is asked to compute, from fixed seeds. Both the page and the spec import this file: the page runs
// the cases, the spec names them.

type Tensors = readonly t.Tensor[]

/** Computes on a device and gives what is wrong with it; nothing where all is as the reference says. */
export type Case = (device: t.Device, seen: Seen) => Promise<string | undefined>

const agrees =
  (results: () => Tensors): Case =>
  (device, seen) =>
    disagreement(device, results(), seen)

const drawn = <T>(arbitrary: fc.Arbitrary<T>, seed: number, numRuns: number): readonly T[] =>
  fc.sample(arbitrary, { seed, numRuns })

// ---- rows and compositions ---------------------------------------------------------------------------------------

const rowCases = computable.map(
  ([name, { sample }], i) =>
    [`row ${name}`, agrees(() => drawn(sample, 1000 + i, 4).flatMap((s) => resultsOf(s)))] as const
)

const recipeResults = (recipe: Recipe): Tensors => {
  const leaves = leavesOf(recipe)
  return [...cook(recipe, leaves), ...gradientsOf(recipe, leaves)]
}
const composed: Case = async (device, seen) => {
  const wrong: string[] = []
  for (const recipe of drawn(recipes({ max: 10 }), 7, 8))
    wrong.push((await disagreement(device, recipeResults(recipe), seen)) ?? '')
  return wrong.find((text) => text !== '')
}

// ---- layers, losses and their gradients --------------------------------------------------------------------------

/** A scalar of many tensors with its gradients. */
const withGradients = (f: (...xs: Tensors) => t.Tensor, shapes: readonly t.Shape[]): Case =>
  agrees(() => {
    const xs = shapes.map((shape, i) => filled(shape, 'any', 50 + i))
    const loss = (ys: Tensors): t.Scalar => t.mean(t.square(f(...ys)))
    const [value, gradients] = t.valueAndGrad(loss)(xs)
    return [f(...xs), value, ...gradients]
  })

const pictures: t.Shape = [2, 3, 7, 6]

const layers: readonly (readonly [string, Case])[] = [
  [
    'convolution, normalisation and activation',
    withGradients(
      (x, w, weight, bias) => t.silu(t.layerNorm({ weight, bias })(t.conv2d(w, { padding: 'same' })(x))),
      [pictures, [5, 3, 3, 3], [5, 7, 6], [5, 7, 6]]
    )
  ],
  [
    'a strided convolution',
    withGradients((x, w) => t.conv2d(w, { stride: 2, padding: 1 })(x), [pictures, [6, 3, 4, 4]])
  ],
  [
    'a transposed convolution',
    withGradients((x, w) => t.convTranspose2d(w, { stride: 2, padding: 1 })(x), [[2, 5, 4, 3], [5, 3, 4, 4]]) // prettier-ignore
  ],
  ['a matrix product and softmax', withGradients((x, w) => t.softmax({ axis: -1 })(t.matmul(x, w)), [[9, 13], [13, 7]])], // prettier-ignore
  [
    'attention of some rows to others',
    withGradients(
      (q, k, v) => t.matmul(t.softmax({ axis: -1 })(t.mul(t.matmul(q, t.transpose(k)), 0.3)), v),
      [[2, 5, 4], [2, 6, 4], [2, 6, 3]] // prettier-ignore
    )
  ],
  ['random numbers', agrees(() => [t.uniform(t.key(1), [3, 50]), t.randint(t.key(2), [40], { high: 1000 }), t.normal(t.key(3), [99])])] // prettier-ignore
]

// ---- training ----------------------------------------------------------------------------------------------------

const kernels = {
  first: [4, 1, 3, 3],
  down: [6, 4, 4, 4],
  up: [6, 4, 4, 4],
  last: [1, 8, 3, 3]
} as const
type Net = Readonly<Record<keyof typeof kernels | 'weight' | 'bias', t.Tensor>>

const net: Net = {
  ...t.mapTree(
    Object.fromEntries(Object.entries(kernels).map(([name, shape], i) => [name, filled(shape, 'any', i)])) as Net,
    (w) => t.mul(w, 0.1)
  ),
  weight: t.ones([4, 8, 8]),
  bias: t.zeros([4, 8, 8])
}

/** A U-Net in little: one stage down and up, and what the first saw handed over. */
const predict: t.Model<Net> = ({ first, down, up, last, weight, bias }, x) => {
  const wide = t.silu(t.layerNorm({ weight, bias })(t.conv2d(first, { padding: 1 })(x)))
  const deep = t.silu(t.conv2d(down, { stride: 2, padding: 1 })(wide))
  const risen = t.convTranspose2d(up, { stride: 2, padding: 1 })(deep)
  return t.conv2d(last, { padding: 1 })(t.concat([wide, risen], { axis: 1 }))
}

const optimiser = t.adam<Net>({ lr: 0.01 })
const schedule = t.linearSchedule({ steps: 10 })
const start = { params: net, state: optimiser.init(net) }
type Progress = typeof start

const trainingStep = ({ params, state }: Progress, x: t.Tensor, key: t.Key) => {
  const [forTime, forNoise] = t.split(key)
  const ts = t.randint(forTime!, [x.shape[0]!], { high: 10 })
  const eta = t.normal(forNoise!, x.shape)
  const [loss, gradients] = t.lossStep(schedule, predict)(params, x, ts, eta)
  const [updated, next] = optimiser.update(gradients, state, params)
  return { loss, next: { params: updated, state: next } }
}

/** Three steps of a compiled training step, each held to the reference's step from the same numbers. */
const training: Case = async (device, seen) => {
  const step = device.compile(trainingStep)
  const x = device.compute(filled([2, 1, 8, 8], 'any', 5))
  let progress: Progress = device.compute(start)
  const programs: number[] = []
  for (const key of [t.key(1), t.key(2), t.key(3)]) {
    const found = step(progress, x, key)
    const wrong = await compared(device, t.tensorsOf(found), t.tensorsOf(trainingStep(progress, x, key)), seen)
    if (wrong !== undefined) return `step ${programs.length}: ${wrong}`
    progress = found.next
    programs.push(device.stats().programs)
  }
  return programs[0] === programs[2] ? undefined : `programs after each step: ${programs.join(', ')}`
}

const compared = async (device: t.Device, found: Tensors, wanted: Tensors, seen: Seen): Promise<string | undefined> => {
  for (const [i, { values, errors }] of expected(wanted).entries()) {
    const wrong = mismatch(await device.read(found[i]!), values, errors)
    if (wrong !== undefined) return `tensor ${i} of ${found.length}: ${wrong}`
    seen.elements += values.length
    seen.sharp += values.filter((v, j) => errors[j]! <= 1e-3 * (1 + Math.abs(v))).length
  }
  return undefined
}

/** Every operation at NaN, the infinities, both zeros and the ends of float32. */
const ends: Case = async (device, seen) => {
  for (const edge of edgeCases) {
    const wrong = await wrongAtEdges(device, edge)
    if (wrong.length > 0) return `${edge.name}: ${wrong.join('; ')}`
    seen.elements += 1
    seen.sharp += 1
  }
  return undefined
}

/** Tensors of more elements than float32 has quotients for. */
const large: Case = async (device, seen) => {
  seen.elements = seen.sharp = 1
  for (const shape of [
    [1027, 4095],
    [3, 5592407]
  ] as const) {
    const wrong = await misplaced(device, shape)
    if (wrong.length > 0) return wrong.join('; ')
  }
  return undefined
}

export const cases: ReadonlyMap<string, Case> = new Map<string, Case>([
  ...rowCases,
  ['random expressions and their gradients', composed],
  ...layers,
  ['operations at the ends of numbers', ends],
  ['large tensors', large],
  ['three compiled training steps of a small U-Net', training]
])

export interface Outcome {
  readonly name: string
  readonly ok: boolean
  readonly message: string
  /** The part of the numbers that was held to a thousandth. */
  readonly sharp: number
}

export const outcomeOf = async (name: string, device: t.Device): Promise<Outcome> => {
  const seen = nothingSeen()
  const wrong = await cases.get(name)!(device, seen)
  return { name, ok: wrong === undefined, message: wrong ?? '', sharp: seen.sharp / seen.elements }
}
