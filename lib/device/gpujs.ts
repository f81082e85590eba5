import * as module from 'gpu.js'

// Node sees gpu.js as CommonJS (all under `default`), bundlers as a module of names.
const gpujs = ('default' in module ? module.default : module) as typeof module

/** gpu.js, in the form that this runtime loads. */
export const { GPU, Texture } = gpujs
export type { GPU as GPUType } from 'gpu.js'
