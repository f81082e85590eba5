import { erf as erfValue, erfHelper } from '../erf.ts'
import { polynomial, type Helper } from '../helper.ts'
import { add, div, mul, neg, sub } from './arithmetic.ts'
import { binary, transcendental, unary } from './elementwise.ts'

/**
 * e^x. d(e^x) = e^x dx.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.exp(t.tensor([0]))), Float64Array.of(1))
 * ```
 */
export const exp = unary({
  name: 'exp',
  cost: transcendental,
  f: Math.exp,
  vjp: (ct, y) => [mul(ct, y)]
})

// the square root of a number without a logarithm is NaN
const logarithm: Helper = {
  name: 'logarithm',
  params: ['x'],
  body: { glsl: ['return x >= 0.0 ? log(x) : sqrt(x);'], js: ['return log(x);'] }
}

/**
 * The natural logarithm. It is NaN for x < 0. d(ln x) = dx / x.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.log(t.tensor([1]))), Float64Array.of(0))
 * ```
 */
export const log = unary({
  name: 'log',
  cost: transcendental,
  f: Math.log,
  helper: logarithm,
  vjp: (ct, _, x) => [div(ct, x)]
})

/**
 * √x. It is NaN for x < 0. d(√x) = dx / 2√x.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.sqrt(t.tensor([9]))), Float64Array.of(3))
 * ```
 */
export const sqrt = unary({
  name: 'sqrt',
  cost: transcendental,
  f: Math.sqrt,
  vjp: (ct, y) => [div(mul(ct, 0.5), y)]
})

/**
 * sin x, for x in radians of any size. d(sin x) = cos x dx.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.sin(t.tensor([0]))), Float64Array.of(0))
 * ```
 */
export const sin = unary({
  name: 'sin',
  cost: transcendental,
  f: Math.sin,
  vjp: (ct, _, x) => [mul(ct, cos(x))]
})

/**
 * cos x, for x in radians of any size. d(cos x) = -sin x dx.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.cos(t.tensor([0]))), Float64Array.of(1))
 * ```
 */
export const cos = unary({
  name: 'cos',
  cost: transcendental,
  f: Math.cos,
  vjp: (ct, _, x) => [neg(mul(ct, sin(x)))]
})

/**
 * The logistic function σ(x) = 1 / (1 + e^-x), a row because it stays finite when e^x does not. dσ = σ (1 - σ) dx.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.sigmoid(t.tensor([0]))), Float64Array.of(0.5))
 * ```
 */
export const sigmoid = unary({
  name: 'sigmoid',
  cost: transcendental,
  f: (x) => 1 / (1 + Math.exp(-x)),
  helper: { name: 'sigmoid', params: ['x'], body: ['return 1.0 / (1.0 + exp(-x));'], wide: true },
  vjp: (ct, y) => [mul(ct, mul(y, sub(1, y)))]
})

/**
 * The hyperbolic tangent. d(tanh x) = (1 - tanh² x) dx.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.tanh(t.tensor([0]))), Float64Array.of(0))
 * ```
 */
export const tanh = unary({
  name: 'tanh',
  cost: transcendental,
  f: Math.tanh,
  helper: {
    name: 'hyperbolicTangent',
    params: ['x'],
    body: {
      // WebGL 1 has no tanh; 1 - e^-2x cancels near 0, where the series serves
      glsl: [
        'float s = x * x;',
        'if (s < 0.01) return x * (1.0 - s * (0.33333333 - s * (0.13333333 - s * 0.053968254)));',
        'float t = 2.0 / (exp(2.0 * abs(x)) + 1.0);',
        'return x < 0.0 ? t - 1.0 : 1.0 - t;'
      ],
      js: ['return tanh(x);']
    }
  },
  vjp: (ct, y) => [mul(ct, sub(1, mul(y, y)))]
})

/**
 * The error function 2/√π ∫₀ˣ e^(-u²) du (Abramowitz and Stegun 7.1.1). d(erf x) = 2/√π e^(-x²) dx.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.erf(t.tensor([0]))), Float64Array.of(0))
 * ```
 */
export const erf = unary({
  name: 'erf',
  cost: 3 * transcendental,
  f: erfValue,
  helper: erfHelper,
  vjp: (ct, _, x) => [mul(ct, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))]
})

/** Maclaurin's series of atan(x) / x in x², good to 6e-8 up to tan(π/8). */
const atanSeries = Array.from({ length: 9 }, (_, n) => (-1) ** n / (2 * n + 1))

/**
 * The angle whose tangent is x, in radians, from -π/2 to π/2. d(atan x) = dx / (1 + x²).
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.atan(t.tensor([0, Infinity]))), Float64Array.of(0, Math.PI / 2))
 * ```
 */
export const atan = unary({
  name: 'atan',
  cost: transcendental,
  f: Math.atan,
  helper: {
    name: 'arcTangent',
    params: ['x'],
    body: {
      // drivers promise no precision; the angle is brought within ±π/8 of 0, π/4 or π/2
      glsl: [
        'float a = abs(x);',
        'float near = 0.0;',
        'float y = a;',
        `if (a > ${Math.SQRT2 + 1}) { near = ${Math.PI / 2}; y = -1.0 / a; }`,
        `else if (a > ${Math.SQRT2 - 1}) { near = ${Math.PI / 4}; y = (a - 1.0) / (a + 1.0); }`,
        `float angle = near + y * ${polynomial('(y * y)', atanSeries)};`,
        'return x < 0.0 ? -angle : angle;'
      ],
      js: ['return atan(x);']
    }
  },
  vjp: (ct, _, x) => [div(ct, add(mul(x, x), 1))]
})

/**
 * The largest whole number that is not above x. The gradient is 0.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.floor(t.tensor([-1.5, 1.5]))), Float64Array.of(-2, 1))
 * ```
 */
export const floor = unary({ name: 'floor', f: Math.floor, vjp: () => [undefined] })

/** a^b; d(a^b) = b a^(b-1) da + a^b ln a db */
export const power = binary({
  name: 'power',
  // IEEE 754's, which JavaScript's is not at 1^NaN and (±1)^±∞
  f: (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b),
  helper: {
    name: 'power',
    params: ['a', 'b'],
    calls: [logarithm],
    body: {
      // drivers' own is e^(b ln a); in IEEE 754 a negative or zero a has powers, too, if b is whole or infinite
      glsl: [
        'float m = abs(a);',
        'bool whole = b == floor(b);',
        'bool odd = abs(b) < 16777216.0 && mod(b, 2.0) == 1.0;',
        'if (b == 0.0 || a == 1.0) return 1.0;',
        'if (m == 1.0) return whole ? (odd ? -1.0 : 1.0) : sqrt(a);',
        'if (m == 0.0) return b > 0.0 ? (odd ? a : m) : b < 0.0 ? 1.0 / (odd ? a : m) : b;',
        'float y = exp(b * logarithm(m));',
        'return a > 0.0 ? y : (whole || m * 2.0 == m) ? (odd ? -y : y) : sqrt(a);'
      ],
      js: [
        'if (a == 1.0) { return 1.0; }',
        'if (a == -1.0) { if (abs(b) > 16777216.0) { return 1.0; } }',
        'return pow(a, b);'
      ]
    }
  },
  vjp: (ct, y, a, b) => [mul(ct, mul(b, power(a, sub(b, 1)))), mul(ct, mul(y, log(a)))]
})
