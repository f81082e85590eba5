/*
 * Random values on the host: pure functions of a key, with the bits of jax.random (Threefry-2x32,
 * partitionable counters). Words, uniform values, integers and permutations agree with JAX exactly.
 * Normal values are the same on every JavaScript engine; against JAX 0.10 on a CPU they agree to the bit in
 * 99 of 100 cases and within 3 units in the last place in the others.
 */
export { bits32, foldInWords, keyWords, splitWords, threefry2x32, wantCount, wantWord } from './words.ts'
export type { Words } from './words.ts'
export { normalValues, permutationValues, randintValues, uniformValues, wantRange, wantSpan } from './values.ts'
