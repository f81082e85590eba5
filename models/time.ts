import { raise } from '../lib/base/raise.ts'
import * as t from '../lib/index.ts'
import type { Tensor } from '../lib/index.ts'

/** The number of columns of the time embedding. */
export const timeSize = 100

/**
 * The time embedding, a fixed table `[steps, 100]` that tells the network the timestep: column 2k is sin(t · w[2k]) and
 * column 2k + 1 is cos(t · w[2k]), with w[j] = 10000^(-2j/100). The exponent is 4k/100, twice that of the embedding of
 * Vaswani et al. 2017. The article has it so, and its models were trained with it.
 *
 * @throws TesseraError if steps is not a whole number of at least 1
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { timeEmbedding } from 'tessera/models'
 * const row = (await t.reference.read(timeEmbedding(10))).slice(0, 4)
 * assert.deepStrictEqual(row, Float64Array.of(0, 1, 0, 1))
 * ```
 */
export const timeEmbedding = (steps: number): Tensor => {
  if (!Number.isSafeInteger(steps) || steps < 1) raise('timeEmbedding', `steps is a whole number above 0, not ${steps}`)
  const table = new Float32Array(steps * timeSize)
  for (let column = 0; column < timeSize; column++) {
    const pairStart = column - (column % 2)
    const w = 10_000 ** ((-2 * pairStart) / timeSize)
    const wave = column % 2 === 0 ? Math.sin : Math.cos
    for (let at = 0; at < steps; at++) table[at * timeSize + column] = wave(at * w)
  }
  return t.tensor(table, [steps, timeSize])
}
