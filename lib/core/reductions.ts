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

/** How a reduction combines elements. */
export interface Reducing {
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

const table = {
  sum: { identity: 0, combine: (a, b) => a + b, text: (a, b) => `${a} + ${b}`, adds: true, selects: false },
  max: {
    identity: -Infinity,
    combine: Math.max,
    text: (a, b) => `larger(${a}, ${b})`,
    helper: larger,
    adds: false,
    selects: true
  },
  prod: { identity: 1, combine: (a, b) => a * b, text: (a, b) => `${a} * ${b}`, adds: false, selects: false }
} as const satisfies Readonly<Record<string, Reducing>>

export type ReductionName = keyof typeof table

/** The reductions that kernels have. */
export const reductions: Readonly<Record<ReductionName, Reducing>> = table
