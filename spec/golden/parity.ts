import * as t from '../../lib/index.ts'
import type { AdamState, Device, Numbers, Optimiser, Sampled, Schedule, Tensor } from '../../lib/index.ts'
import { initTrainState, trainStep } from '../../lib/train/index.ts'
import type { UNet, UNetParams } from '../../models/index.ts'
import { expectClose } from '../support/tolerance.ts'

/** How far from PyTorch's float32 a device may be: float32 itself, or the reference, ten times closer. */
export interface Parity {
  readonly prediction: number
  readonly loss: number
  /** Relative to the largest of the tensor. */
  readonly gradient: number
  readonly parameter: number
  readonly sample: number
}
export const float32: Parity = { prediction: 2e-4, loss: 1e-5, gradient: 1e-4, parameter: 2e-5, sample: 1e-3 }
export const float64: Parity = { prediction: 2e-5, loss: 1e-6, gradient: 1e-5, parameter: 2e-6, sample: 1e-4 }

/** Adam turns a gradient this small, mostly rounding, into a whole step. */
export const negligible = 1e-6

/**
 * te1 adds one number to a picture of one channel, which the norm that follows takes away again: its gradients are
 * rounding noise.
 */
export const isNoise = (name: string): boolean => name.startsWith('te1.')

export interface Batch {
  readonly x0: Tensor
  readonly ts: Tensor
  readonly eta: Tensor
}

interface RecordingState {
  readonly adam: AdamState<UNetParams>
  /** Of the last step. */
  readonly grads: UNetParams
}

const schedule = t.linearSchedule({ steps: 1000 })
const adam = t.adam<UNetParams>({ lr: 1e-3 })

/** A whole training step, and the state before the first. */
export const trainingStep = ({ apply }: UNet) => trainStep(t.loss(schedule, apply), adam)
export const startOf = (params: UNetParams) => initTrainState(adam, params)

/** Adam, with the gradients of the last step in its state, so that they can be compared. */
const recording: Optimiser<UNetParams, RecordingState> = {
  init: (params) => ({ adam: adam.init(params), grads: t.mapTree(params, ({ shape }) => t.zeros(shape)) }),
  update: (grads, state, params) => {
    const [next, nextAdam] = adam.update(grads, state.adam, params)
    return [next, { adam: nextAdam, grads }]
  }
}

export type NamedNumbers = Readonly<Record<string, Numbers>>

export const readAll = async (device: Device, tree: unknown): Promise<NamedNumbers> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(t.flattenTree(tree)).map(async ([name, x]) => [name, await device.read(x)] as const)
    )
  )

export interface Trained {
  readonly losses: readonly number[]
  /** Of the first step. */
  readonly grads: NamedNumbers
  /** After the third. */
  readonly params: NamedNumbers
}

/** Three Adam steps on one batch. */
export const trainThrice = async (device: Device, model: UNet, params: UNetParams, batch: Batch): Promise<Trained> => {
  const step = device.compile(trainStep(t.loss(schedule, model.apply), recording), { donate: [0] })
  let state = initTrainState(recording, params)
  let grads: NamedNumbers = {}
  const losses: number[] = []
  for (let i = 0; i < 3; i++) {
    const [next, loss] = step(state, batch.x0, batch.ts, batch.eta)
    if (i === 0) grads = await readAll(device, next.optState.grads)
    losses.push((await device.read(loss))[0]!)
    state = next
  }
  return { losses, grads, params: await readAll(device, state.params) }
}

/** The pictures at the end of sampling from a given start with given noise. */
export const sampled = async (
  device: Device,
  { apply }: UNet,
  params: UNetParams,
  {
    steps,
    start,
    noiseAt
  }: { readonly steps: Schedule; readonly start: Tensor; readonly noiseAt: (at: number) => Tensor },
  variance: 'beta' | 'posterior'
): Promise<Numbers> => {
  let last: Sampled | undefined
  for await (const pictures of t.sample(
    device,
    t.ddpm({ variance }),
    steps,
    apply
  )(params, { key: t.key(0), start, noiseAt }))
    last = pictures
  return device.read(last!.x)
}

/** Throws unless each number is as close as `most`. */
export const within = (
  most: number | ((i: number) => number),
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string
): void => {
  const allowed = Float64Array.from(expected, (_, i) => (typeof most === 'number' ? most : most(i)))
  expectClose(actual, expected, allowed, what)
}

const largestOf = (xs: ArrayLike<number>): number => Array.from(xs).reduce((most, x) => Math.max(most, Math.abs(x)), 0)

/** Gradients, tensor by tensor, relative to each one's largest. */
export const expectGradients = (actual: NamedNumbers, expected: NamedNumbers, { gradient }: Parity): void => {
  for (const [name, grads] of Object.entries(expected))
    if (!isNoise(name)) within(gradient * largestOf(grads), actual[name]!, grads, name)
}

/** Parameters after Adam's steps, where the gradients say something. */
export const expectParameters = (
  actual: NamedNumbers,
  expected: NamedNumbers,
  grads: NamedNumbers,
  { parameter }: Parity
): void => {
  for (const [name, numbers] of Object.entries(expected)) {
    const tells = (i: number): boolean => Math.abs(grads[name]![i]!) >= negligible
    if (!isNoise(name)) within((i) => (tells(i) ? parameter : Infinity), actual[name]!, numbers, name)
  }
}
