/**
 * What a device takes, in milliseconds of one core: for a fetch, a multiply-add of four numbers, the start of a loop, and
 * a written texel; `call` is what a call takes as a whole.
 */
export interface Costs {
  readonly fetch: number
  readonly madd: number
  readonly loop: number
  readonly write: number
  readonly call: number
  /** How many blocks of fragments are drawn at once, and the side of a block in fragments. */
  readonly cores: number
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
