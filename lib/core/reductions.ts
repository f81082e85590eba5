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

/** How a reduction combines elements. Two of them are the same if they are the same object. */
export interface Reducing {
  /** For prints, and for the keys of programs. */
  readonly name: string
  /** The result for no elements. */
  readonly identity: number
  /** The definition. */
  readonly combine: (total: number, element: number) => number
  /** The same in the kernels' language, and the function that it calls. */
  readonly text: (total: string, element: string) => string
  readonly helper?: Helper
  /** Whether it is linear. If so, kernels add in blocks, and split the factors of a product. */
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
