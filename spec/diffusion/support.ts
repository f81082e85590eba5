import fc from 'fast-check'
import * as t from '../../lib/index.ts'
import type { Device, Model, Schedule, Tensor } from '../../lib/index.ts'

/** The shape of the pictures in these specs: five, so that the lanes of a texel are not full. */
export const shape = [5, 1, 2, 3] as const
export const size = 30

const number = fc.double({ min: -3, max: 3, noNaN: true }).map(Math.fround)

/** The numbers of pictures. */
export const pictures: fc.Arbitrary<readonly number[]> = fc.array(number, { minLength: size, maxLength: size })

/** One timestep per picture. */
export const timesteps = (steps: number): fc.Arbitrary<readonly number[]> =>
  fc.array(fc.nat(steps - 1), { minLength: 5, maxLength: 5 })

export const schedules: fc.Arbitrary<Schedule> = fc
  .record({
    steps: fc.integer({ min: 1, max: 60 }),
    betas: fc.tuple(fc.double({ min: 1e-4, max: 0.3, noNaN: true }), fc.double({ min: 1e-4, max: 0.3, noNaN: true }))
  })
  .map(({ steps, betas }) => t.linearSchedule({ steps, betaMin: Math.min(...betas), betaMax: Math.max(...betas) }))

/** A schedule, pictures x and noise at its timesteps. */
export const noised = (of: fc.Arbitrary<Schedule>) =>
  of.chain((schedule) =>
    fc.record({ schedule: fc.constant(schedule), x: pictures, eta: pictures, ts: timesteps(schedule.steps) })
  )

/** One schedule for all runs, so that a device compiles its programs once. */
export const usual = t.linearSchedule({ steps: 40, betaMin: 1e-3, betaMax: 0.3 })

export const batch = (data: readonly number[]): Tensor => t.tensor(data, shape)

/** 1 - ᾱ_t by another way than the library's: small ones keep their digits here too. */
export const lostAt = ({ beta }: Schedule, at: number): number =>
  -Math.expm1(beta.slice(0, at + 1).reduce((sum, b) => sum + Math.log1p(-b), 0))

/** An element of x_t, from one of x_0 and one of the noise. */
export const mixed = (schedule: Schedule, at: number, x0: number, eta: number): number =>
  Math.sqrt(schedule.alphaBar[at]!) * x0 + Math.sqrt(lostAt(schedule, at)) * eta

/** What f does to each element of pictures, with the timestep of its picture. */
export const eachElement = (ts: readonly number[], f: (i: number, t: number) => number): readonly number[] =>
  Array.from({ length: size }, (_, i) => f(i, ts[Math.floor((i * ts.length) / size)]!))

export const read = async (device: Device, x: Tensor): Promise<readonly number[]> => [...(await device.read(x))]

/** Knows the noise: it is the parameter. */
export const perfect: Model<Tensor> = (eta) => eta

/** Sees no noise anywhere. */
export const silent: Model<null> = (_, x) => t.mul(x, 0)
