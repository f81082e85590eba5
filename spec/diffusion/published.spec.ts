// What the tests of diffusers 0.30 expect (tests/schedulers): ten steps of a model that is no model, on numbers that are
// no pictures, in float32. A sampler is two pure functions, so each is run here on the very levels of the test.
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'

const shape = [4, 3, 8, 8]
const count = 4 * 3 * 8 * 8

/** dummy_sample_deter: 0 … 767 over 768, as [3, 8, 8, 4], and the last axis first. */
const dummySample = t.permute(
  t.tensor(
    Float64Array.from({ length: count }, (_, i) => i / count),
    [3, 8, 8, 4]
  ),
  [3, 0, 1, 2]
)

/** dummy_model */
const dummyModel = (x: t.Tensor, time: number): t.Tensor => t.mul(x, time / (time + 1))

interface Run<K extends string, M> {
  readonly sampler: t.Sampler<K, M>
  /** One more than there are times. */
  readonly levels: readonly t.Level[]
  readonly times: readonly number[]
  readonly start?: t.Tensor
  readonly prediction?: t.Prediction
  /** As `clip_sample`, which leaves the predicted noise as it is. */
  readonly clip?: number
  /** The tests of the solvers in sigma hand scaled numbers back to the scheduler, as if they were those at that sigma. */
  readonly rescaled?: boolean
}

const scalars = (of: object): Readonly<Record<string, t.Scalar>> =>
  Object.fromEntries(Object.entries(of).map(([name, x]) => [name, t.scalar(x as number)]))

/** Mean and sum of the absolute values at the end. */
const loop = async <K extends string, M>({
  sampler,
  levels,
  times,
  start = dummySample,
  prediction = 'eps',
  clip,
  rescaled = false
}: Run<K, M>) => {
  let [x, memory] = [start, sampler.init(start)]
  for (const [i, time] of times.entries()) {
    const seen = rescaled ? levels[i]!.signal : 1
    x = t.mul(x, seen)
    const partsAt = (y: t.Tensor, j: number): t.Parts => {
      const output = dummyModel(j === i ? t.div(y, seen) : y, times[j] ?? time)
      const free = t.predictions[prediction].parts(output, y, scalars(levels[j]!) as never)
      return clip === undefined ? free : { ...free, x0: t.clip(free.x0, -clip, clip) }
    }
    const c = scalars(sampler.coefficients({ i, levels })) as Readonly<Record<K, t.Scalar>>
    const again = (y: t.Tensor): t.Parts => partsAt(y, levels[i + 1]!.noise > 0 ? i + 1 : i)
    const next = sampler.step({
      x,
      memory,
      c,
      noise: () => t.zeros(shape),
      here: (y) => partsAt(y, i),
      again,
      ...partsAt(x, i)
    })
    x = t.reference.compute(next.x)
    memory = t.reference.compute(next.memory)
  }
  const sum = Array.from(await t.reference.read(x)).reduce((all, v) => all + Math.abs(v), 0)
  return { sum, mean: sum / count }
}

const linear = t.linearSchedule({ steps: 1000 })

describe('DDIM, as test_scheduler_ddim.py expects', () => {
  const leading = t.timestepsOf(linear, 10, 'leading')
  const ddim = (over: Partial<Run<never, null>> = {}, schedule = linear) =>
    loop({ sampler: t.ddim(), levels: t.levelsOf(schedule, leading), times: leading, clip: 1, ...(over as object) })

  it('test_full_loop_no_noise', async () => {
    const { sum, mean } = await ddim()
    expect(Math.abs(sum - 172.0067)).toBeLessThan(1e-2)
    expect(Math.abs(mean - 0.223967)).toBeLessThan(1e-3)
  })

  it('test_full_loop_with_v_prediction', async () => {
    const { sum, mean } = await ddim({ prediction: 'v' })
    expect(Math.abs(sum - 52.5302)).toBeLessThan(1e-2)
    expect(Math.abs(mean - 0.0684)).toBeLessThan(1e-3)
  })

  it('test_full_loop_with_set_alpha_to_one, and without', async () => {
    const steeper = t.linearSchedule({ steps: 1000, betaMin: 0.01 })
    const { sum } = await ddim({}, steeper)
    expect(Math.abs(sum - 149.8295)).toBeLessThan(1e-2)
    // without, the last step leads to the level of timestep 0
    const levels = t.levelsOf(steeper, [...leading, 0]).slice(0, -1)
    expect(Math.abs((await ddim({ levels })).sum - 149.0784)).toBeLessThan(1e-2)
  })

  it('test_variance', () => {
    const varianceOf = (from: number, to: number): number =>
      t.ddim({ stochasticity: 1 }).coefficients({ i: 0, levels: t.levelsOf(linear, [from, to]) }).noise! ** 2
    expect(Math.abs(varianceOf(420, 400) - 0.14771)).toBeLessThan(1e-5)
    expect(Math.abs(varianceOf(980, 960) - 0.3246)).toBeLessThan(1e-5)
    expect(Math.abs(varianceOf(487, 486) - 0.00979)).toBeLessThan(1e-5)
    expect(Math.abs(varianceOf(999, 998) - 0.02)).toBeLessThan(1e-5)
  })
})

/** The levels of the solvers: equal steps from the last timestep towards 0, and then that of timestep 0. */
const towardsZero = (): { readonly times: readonly number[]; readonly levels: readonly t.Level[] } => {
  const times = Array.from({ length: 10 }, (_, i) => Math.round(999 * (1 - i / 10)))
  return { times, levels: t.levelsOf(linear, [...times, 0]).slice(0, -1) }
}

describe('DPM-Solver++, as test_scheduler_dpm_multi.py expects', () => {
  it('test_full_loop_no_noise', async () => {
    const { mean } = await loop({ sampler: t.dpmpp2m(), ...towardsZero() })
    expect(Math.abs(mean - 0.3301)).toBeLessThan(1e-3)
  })

  it('test_full_loop_with_v_prediction', async () => {
    const { mean } = await loop({ sampler: t.dpmpp2m(), ...towardsZero(), prediction: 'v' })
    expect(Math.abs(mean - 0.2251)).toBeLessThan(1e-3)
  })
})

describe('UniPC, as test_scheduler_unipc.py expects', () => {
  it('test_full_loop_no_noise', async () => {
    const { mean } = await loop({ sampler: t.unipc(), ...towardsZero() })
    expect(Math.abs(mean - 0.2464)).toBeLessThan(1e-3)
  })

  it('test_full_loop_with_v_prediction', async () => {
    const { mean } = await loop({ sampler: t.unipc(), ...towardsZero(), prediction: 'v' })
    expect(Math.abs(mean - 0.1014)).toBeLessThan(1e-3)
  })
})

describe('the linear multistep method, as test_scheduler_lms.py expects', () => {
  // the levels between timesteps, interpolated in sigma
  const schedule = t.linearSchedule({ steps: 1100 })
  const times = Array.from({ length: 10 }, (_, i) => (1099 * (9 - i)) / 9)
  const sigmas = t
    .levelsOf(
      schedule,
      Array.from({ length: 1100 }, (_, at) => at)
    )
    .map(({ signal, noise }) => noise / signal)
  const sigmaAt = (time: number): number => {
    const low = Math.min(1098, Math.floor(time))
    return sigmas[low]! + (time - low) * (sigmas[low + 1]! - sigmas[low]!)
  }
  const level = (sigma: number): t.Level => ({ signal: 1 / Math.hypot(1, sigma), noise: sigma / Math.hypot(1, sigma) })
  const levels = [...times.map((time) => level(sigmaAt(time))), level(0)]
  // they start at sigma times the sample, before it is scaled to unit variance
  const start = t.mul(dummySample, levels[0]!.noise)

  it('test_full_loop_no_noise', async () => {
    const { sum, mean } = await loop({ sampler: t.lms(), levels, times, start, rescaled: true })
    expect(Math.abs(mean - 1.31)).toBeLessThan(1e-3)
    expect(Math.abs(sum - 1006.388)).toBeLessThan(0.1)
  })

  it('test_full_loop_with_v_prediction', async () => {
    const { sum } = await loop({ sampler: t.lms(), levels, times, start, rescaled: true, prediction: 'v' })
    expect(Math.abs(sum - 0.0017)).toBeLessThan(1e-2)
  })

  it('and Heun, as test_scheduler_heun.py', async () => {
    const { sum, mean } = await loop({ sampler: t.heun(), levels, times, start, rescaled: true })
    expect(Math.abs(sum - 0.1233)).toBeLessThan(1e-2)
    expect(Math.abs(mean - 0.0002)).toBeLessThan(1e-3)
  })
})
