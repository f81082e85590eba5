import { readFileSync, writeFileSync } from 'node:fs'
import * as t from '../../lib/index.ts'
import type { Device, Tensor } from '../../lib/index.ts'
import { unet } from '../../models/index.ts'
import {
  isNoise,
  negligible,
  sampled,
  trainThrice,
  within,
  type NamedNumbers,
  type Parity,
  type Trained
} from './parity.ts'

// Numbers of our own, computed by the reference: they hold the network in place where PyTorch's are not at hand.

/** A number of a tensor's, by its position. */
type Probe = readonly [at: number, value: number]

interface Small {
  readonly prediction: readonly Probe[]
  readonly losses: readonly number[]
  /** The first gradients: where each tensor's is largest, that value, its Euclidean norm, and the parameter after three steps. */
  readonly tensors: Readonly<
    Record<string, { readonly at: number; readonly gradient: number; readonly norm: number; readonly after: number }>
  >
  readonly beta: readonly Probe[]
  readonly posterior: readonly Probe[]
}

const file = new URL('./small.json', import.meta.url)
const small = (): Small => JSON.parse(readFileSync(file, 'utf8')) as Small

const model = unet({ steps: 1000 })
const params = model.init(t.key(20))

/**
 * One picture, its timestep and its noise, `copies` times over: the mean over equal pictures is that of one, and four
 * of them share the programs of a batch of four.
 */
const batchOf = (copies: number) => {
  const repeated = (x: Tensor): Tensor => t.expand(x, [copies, 1, 28, 28])
  const x0 = repeated(t.sin(t.mul(t.normal(t.key(21), [1, 1, 28, 28]), 2)))
  return { x0, ts: t.full([copies], 417), eta: repeated(t.normal(t.key(22), [1, 1, 28, 28])) }
}

const run = (copies: number) => ({
  steps: t.linearSchedule({ steps: 3, betaMin: 0.1, betaMax: 0.5 }),
  start: batchOf(copies).eta,
  noiseAt: (at: number): Tensor => t.expand(t.normal(t.key(30 + at), [1, 1, 28, 28]), [copies, 1, 28, 28])
})

/** What a device computes of the case. */
export const computed = async (device: Device, copies: number) => {
  const batch = device.compute(batchOf(copies))
  const prediction = device.compile(model.apply)(params, batch.eta, batch.ts)
  return {
    prediction: await device.read(prediction),
    trained: await trainThrice(device, model, params, batch),
    beta: await sampled(device, model, params, run(copies), 'beta'),
    posterior: await sampled(device, model, params, run(copies), 'posterior')
  }
}

/** Sixteen elements over the first picture. */
const probes = (numbers: ArrayLike<number>): readonly Probe[] =>
  Array.from({ length: 16 }, (_, i): Probe => [i * 49 + 3 * i, numbers[i * 49 + 3 * i]!])

const normOf = (xs: ArrayLike<number>): number => Math.sqrt(Array.from(xs).reduce((sum, x) => sum + x * x, 0))

const largestAt = (xs: ArrayLike<number>): number =>
  Array.from(xs).reduce((best, x, i) => (Math.abs(x) > Math.abs(xs[best]!) ? i : best), 0)

const tensorsOf = ({ grads, params: after }: Trained): Small['tensors'] => {
  const entry = (name: string, g: NamedNumbers[string]) => {
    const at = largestAt(g)
    return [name, { at, gradient: g[at]!, norm: normOf(g), after: after[name]![at]! }] as const
  }
  return Object.fromEntries(Object.entries(grads).map(([name, g]) => entry(name, g)))
}

/**
 * Computes the numbers anew, when the network is meant to have changed:
 * `npx tsx spec/golden/make.ts && npx prettier --write spec/golden`
 */
export const makeSmall = async (): Promise<void> => {
  const { prediction, trained, beta, posterior } = await computed(t.reference, 1)
  const made: Small = {
    prediction: probes(prediction),
    losses: trained.losses,
    tensors: tensorsOf(trained),
    beta: probes(beta),
    posterior: probes(posterior)
  }
  writeFileSync(
    file,
    `${JSON.stringify(made, (_, x: unknown) => (typeof x === 'number' ? Number(x.toPrecision(10)) : x), 1)}\n`
  )
}

/** Throws unless what a device computed is what is written down. */
export const expectSmall = (
  { prediction, trained, beta, posterior }: Awaited<ReturnType<typeof computed>>,
  parity: Parity
): void => {
  const expected = small()
  const probed = (most: number, numbers: ArrayLike<number>, of: readonly Probe[], what: string): void =>
    within(
      most,
      of.map(([at]) => numbers[at]!),
      of.map(([, value]) => value),
      what
    )
  probed(parity.prediction, prediction, expected.prediction, 'prediction')
  within(parity.loss, trained.losses, expected.losses, 'losses')
  probed(parity.sample, beta, expected.beta, 'sample, beta')
  probed(parity.sample, posterior, expected.posterior, 'sample, posterior')
  for (const name of Object.keys(trained.grads)) if (!isNoise(name)) expectTensor(name, trained, expected, parity)
}

const expectTensor = (name: string, { grads, params: after }: Trained, { tensors }: Small, parity: Parity): void => {
  const [g, { at, gradient, norm, after: moved }] = [grads[name]!, tensors[name]!]
  within(parity.gradient * Math.abs(gradient), [g[at]!], [gradient], `gradient of ${name}`)
  within(parity.gradient * norm, [normOf(g)], [norm], `norm of the gradient of ${name}`)
  if (Math.abs(gradient) >= negligible) within(parity.parameter, [after[name]![at]!], [moved], name)
}
