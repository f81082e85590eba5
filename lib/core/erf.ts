import { polynomial, type Helper } from './helper.ts'

/**
 * The error function 2/√π ∫₀ˣ e^(-u²) du in float64, by a series of positive terms, which cancel nowhere
 * (Abramowitz and Stegun 7.1.6): 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)).
 */
export const erf = (x: number): number => {
  // beyond 6 it is 1 to the last bit
  if (Number.isNaN(x) || Math.abs(x) > 6) return Number.isNaN(x) ? x : Math.sign(x)
  let term = x
  let sum = x
  for (let n = 1; Math.abs(term) > Math.abs(sum) * Number.EPSILON; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}

/** Maclaurin's series of erf(x) / x in x², for numbers up to 1. */
const series = [1, -1 / 3, 1 / 10, -1 / 42, 1 / 216, -1 / 1320, 1 / 9360, -1 / 75600, 1 / 685440, -1 / 6894720].map(
  (a) => (2 / Math.sqrt(Math.PI)) * a
)
/** ln(erfc(x) / t) + x² in t = 1 / (1 + x/2), to 1.2e-7 (Press et al., Numerical Recipes, 6.2). */
const tail = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277
]

/** The same in the kernels' language, with a relative error of 3e-7. */
export const erfHelper: Helper = {
  name: 'errorFunction',
  params: ['x'],
  body: [
    'float s = x * x;',
    `if (s < 1.0) { return x * ${polynomial('s', series)}; }`,
    'float t = 1.0 / (1.0 + 0.5 * abs(x));',
    `float beyond = t * exp(${polynomial('t', tail)} - s);`,
    'if (x < 0.0) { return beyond - 1.0; }',
    'return 1.0 - beyond;'
  ]
}
