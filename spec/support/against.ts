import fc, { type Arbitrary } from 'fast-check'
import { showShape } from '../../lib/base/raise.ts'
import type { Shape } from '../../lib/core/shape.ts'
import type { Tensor } from '../../lib/core/tensor.ts'
import { expectAgreement } from './agree.ts'
import { filled, seed, type Numbers } from './arbitrary.ts'
import { evaluate } from './float64.ts'
import { gl } from './gl.ts'
import { gridOf, type Grid } from './naive.ts'
import { holds, holdsOn } from './property.ts'
import { expectClose, unit64 } from './tolerance.ts'

/** An operation and the loops that say what it means. */
export interface Meant {
  readonly shapes: readonly Shape[]
  readonly op: (...xs: readonly Tensor[]) => Tensor
  readonly loops: (...xs: readonly Grid[]) => Grid
  /** How many terms an element adds up; 1 unless told. */
  readonly terms?: number
}

interface Trial extends Meant {
  readonly inputs: readonly Tensor[]
}

const trials = (meant: Arbitrary<Meant>, kinds: readonly Numbers[]): Arbitrary<Trial> =>
  fc.tuple(meant, seed).map(([m, start]) => {
    const inputs = m.shapes.map((shape, i) => filled(shape, kinds[i] ?? 'any', start + i))
    const text = () => `${m.op(...inputs).toString()} of ${m.shapes.map(showShape).join(', ')} (seed ${start})`
    return Object.assign({ ...m, inputs }, { [fc.toStringMethod]: text })
  })

const magnitude = (numbers: readonly number[]): number => numbers.reduce((most, v) => Math.max(most, Math.abs(v)), 1)

const meansIts = ({ inputs, op, loops, terms = 1 }: Trial): void => {
  const grids = inputs.map(gridOf)
  const [found, wanted] = [op(...inputs), loops(...grids)]
  if (showShape(found.shape) !== showShape(wanted.shape))
    throw new Error(`the shape is ${showShape(found.shape)}, not ${showShape(wanted.shape)}`)
  // what is added up is a product of two inputs at most, or the result of one function
  const scale = 8 * terms * grids.reduce((m, x) => m * magnitude(x.data), magnitude(wanted.data))
  expectClose(evaluate(found), wanted.data, { unit: unit64, scale, terms })
}

/** The reference computes what the loops say. */
export const sameAsLoops = (meant: Arbitrary<Meant>, kinds: readonly Numbers[] = [], numRuns = 40): void =>
  holds(trials(meant, kinds), meansIts, numRuns)

/** The GL device computes what the reference says. */
export const sameOnGL = async (meant: Arbitrary<Meant>, kinds: readonly Numbers[] = [], numRuns = 3): Promise<void> => {
  const device = await gl()
  await holdsOn(trials(meant, kinds), ({ op, inputs }) => expectAgreement(device, [op(...inputs)]), numRuns)
}
