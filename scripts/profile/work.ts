import * as t from 'tessera'
import { unet } from 'tessera/models'
import type { UNetParams } from 'tessera/models'
import { initTrainState, trainStep } from 'tessera/train'
import { median } from '../lib/table.ts'
import { familyOf } from './families.ts'
import type { Kernel } from './group.ts'

/** A computation of a batch that is timed several times. */
export interface Work {
  readonly name: string
  readonly batch: number
  /** Runs it kernel by kernel. */
  kernels(): readonly t.Timing[]
  /** Runs it as a program would; gives the milliseconds. */
  whole(): Promise<number>
}

const workOf = <A extends readonly unknown[]>(
  device: t.Device,
  { name, batch }: Pick<Work, 'name' | 'batch'>,
  f: (...args: A) => unknown,
  args: A
): Work => {
  const compiled = device.compile(f)
  return {
    name,
    batch,
    kernels: () => device.profile(f, ...args),
    whole: async () => {
      const start = performance.now()
      const results = t.tensorsOf(compiled(...args))
      await device.read(results.at(-1)!)
      results.forEach((x) => x[Symbol.dispose]())
      return performance.now() - start
    }
  }
}

interface ModelWorkOptions {
  readonly batch: number
  /** Height and width of the pictures. */
  readonly size: number
  /** Only the prediction. */
  readonly forward: boolean
  readonly steps?: number
}

/** A batch of pictures [1, size, size], timesteps and noise, all random. */
const batchOf = ({ batch, size, steps = 1000 }: ModelWorkOptions) => {
  const [images, times, noise] = t.split(t.key(0), 3)
  const shape = [batch, 1, size, size]
  return [
    t.uniform(images!, shape, { low: -1, high: 1 }),
    t.randint(times!, [batch], { high: steps }),
    t.normal(noise!, shape)
  ] as const
}

/** What a model does with a batch: a training step, or the prediction alone. */
export const modelWork = <P>(device: t.Device, model: t.Model<P>, params: P, options: ModelWorkOptions): Work => {
  const { batch, forward, steps = 1000 } = options
  const inputs = device.compute(batchOf(options))
  const [x, ts] = inputs
  if (forward) return workOf(device, { name: 'the prediction', batch }, model, [params, x, ts])
  const optimiser = t.adam<P>({ lr: 1e-3 })
  const state = device.compute(initTrainState(optimiser, params))
  const step = trainStep(t.loss(t.linearSchedule({ steps }), model), optimiser)
  return workOf(device, { name: 'a training step', batch }, step, [state, ...inputs])
}

/** What the U-Net does with a batch. */
export const unetWork = (device: t.Device, options: Pick<ModelWorkOptions, 'batch' | 'forward'>): Work => {
  const model = unet()
  const params: UNetParams = device.compute(model.init(t.key(1)))
  return modelWork(device, model.apply, params, { ...options, size: model.config.size })
}

/** The timings of several rounds as one: the median of each kernel. */
export const medians = (rounds: readonly (readonly t.Timing[])[]): readonly t.Timing[] =>
  (rounds[0] ?? []).map((timing, i) => ({ ...timing, ms: median(rounds.map((round) => round[i]!.ms)) }))

/** What was measured. */
export interface Profile {
  readonly kernels: readonly Kernel[]
  /** Milliseconds as a program runs it, without a wait after each kernel. */
  readonly whole: number
  /** Milliseconds that the first run took. */
  readonly first: Pick<t.Stats, 'traceMs' | 'planMs' | 'compileMs' | 'runMs'>
}

const firstRun = async (device: t.Device, work: Work): Promise<Profile['first']> => {
  const before = device.stats()
  await work.whole()
  const after = device.stats()
  return {
    traceMs: after.traceMs - before.traceMs,
    planMs: after.planMs - before.planMs,
    compileMs: after.compileMs - before.compileMs,
    runMs: after.runMs - before.runMs
  }
}

/** Measures a computation several times. */
export const measure = async (device: t.Device, work: Work, rounds: number): Promise<Profile> => {
  const first = await firstRun(device, work)
  const [wholes, kernels]: readonly [number[], (readonly t.Timing[])[]] = [[], []]
  for (let i = 0; i < rounds; i++) {
    wholes.push(await work.whole())
    kernels.push(work.kernels())
  }
  const sorted = medians(kernels).map((kernel) => ({ ...kernel, family: familyOf(kernel, work.batch) }))
  return { kernels: sorted, whole: median(wholes), first }
}
