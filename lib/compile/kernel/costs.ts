/**
 * What a device takes, in milliseconds of one core: for a fetch, a multiply-add of four numbers, the start of a loop, and
 * a written texel; `call` is what a call takes as a whole.
 */
export interface Costs {
  /** A fetch of a texel, in milliseconds of one core. */
  readonly fetch: number
  /** A multiply-add of four numbers, in milliseconds of one core. */
  readonly madd: number
  /** The start of a loop, in milliseconds of one core. */
  readonly loop: number
  /** A written texel, in milliseconds of one core. */
  readonly write: number
  /** A kernel call, in milliseconds. */
  readonly call: number
  /** How many blocks of fragments are drawn at once, and the side of a block in fragments. */
  readonly cores: number
  /** The side of a block of fragments. */
  readonly block: number
}

/** Measured on a software rasteriser with two cores. `npm run tune` fits them to another device. */
export const defaultCosts: Costs = {
  fetch: 1.27e-6,
  madd: 0.26e-6,
  loop: 1e-4,
  write: 2.2e-6,
  call: 0.05,
  cores: 2,
  block: 64
}
