import type { Helper } from './helper.ts'

/** The larger of two numbers; NaN if one of them is. */
export const larger: Helper = {
  name: 'larger',
  params: ['a', 'b'],
  body: {
    // drivers take `a < b ? b : a` for their own max, which loses NaN: the sum of the squares keeps it
    glsl: ['return a >= b ? a : (a < b ? b : a * a + b * b);'],
    js: ['return max(a, b);']
  }
}

/**
 * How a reduction combines elements: a monoid. The elements are split into parts, which are reduced by themselves and then
 * combined, in any order; so each function takes the results of two parts, of which one element is the smallest. Two
 * reductions are the same if they are the same object.
 */
export interface Reducing {
  /** For prints, and for the keys of programs. */
  readonly name: string
  /** The result for no elements; combined with any result it leaves it as it is. */
  readonly identity: number
  /** The definition: the result of two parts together, in whichever order. It is associative and commutative. */
  readonly combine: (a: number, b: number) => number
  /** The same in the kernels' language, and the function that it calls. */
  readonly text: (a: string, b: string) => string
  readonly helper?: Helper
  /**
   * Whether it is the sum. If so, kernels add in blocks, whatever `text` says, split the factors of a product, and make
   * one sum of a sum of sums.
   */
  readonly adds: boolean
  /**
   * Whether the result is one of the elements. The gradient looks for it, so both must see exactly the same numbers.
   */
  readonly selects: boolean
}

/** The sum: the reduction that primitives other than itself are made with. */
export const adding: Reducing = {
  name: 'sum',
  identity: 0,
  combine: (a, b) => a + b,
  text: (a, b) => `${a} + ${b}`,
  adds: true,
  selects: false
}
