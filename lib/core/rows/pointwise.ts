import { erf as erfValue, erfHelper } from '../erf.ts'
import { counted, dualOp } from '../dual.ts'
import type { Helper } from '../helper.ts'
import { larger } from '../reductions.ts'
import type { Tensor } from '../tensor.ts'
import { applied, binary, pointwise, unary, type Binary } from './elementwise.ts'

/** What a function like exp takes, and a quotient. */
const transcendental = 4

/** x, as a node of its own: tells two uses of one tensor apart when differentiating by one of them. */
export const identity = unary({ name: 'identity', marks: 'gradient', f: (x) => x, text: (x) => x, vjp: (ct) => [ct] })

/** x, whose gradient is taken to be zero. */
export const stopGradient = unary({
  name: 'stopGradient',
  marks: 'gradient',
  f: (x) => x,
  text: (x) => x,
  vjp: () => [undefined]
})

// d(-x) = -dx
export const neg = unary({ name: 'neg', f: (x) => -x, text: (x) => `(-${x})`, vjp: (ct) => [neg(ct)] })

// d(e^x) = e^x dx
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

// d(ln x) = dx / x
export const log = unary({
  name: 'log',
  cost: transcendental,
  f: Math.log,
  helper: logarithm,
  vjp: (ct, _, x) => [div(ct, x)]
})

// d(√x) = dx / 2√x
export const sqrt = unary({
  name: 'sqrt',
  cost: transcendental,
  f: Math.sqrt,
  vjp: (ct, y) => [div(mul(ct, 0.5), y)]
})

// d(sin x) = cos x dx
export const sin = unary({
  name: 'sin',
  cost: transcendental,
  f: Math.sin,
  vjp: (ct, _, x) => [mul(ct, cos(x))]
})

// d(cos x) = -sin x dx
export const cos = unary({
  name: 'cos',
  cost: transcendental,
  f: Math.cos,
  vjp: (ct, _, x) => [neg(mul(ct, sin(x)))]
})

// dσ = σ (1 - σ) dx; a row of its own because 1 / (1 + e^-x) stays finite where e^x would not
export const sigmoid = unary({
  name: 'sigmoid',
  cost: transcendental,
  f: (x) => 1 / (1 + Math.exp(-x)),
  helper: { name: 'sigmoid', params: ['x'], body: ['return 1.0 / (1.0 + exp(-x));'], wide: true },
  vjp: (ct, y) => [mul(ct, mul(y, sub(1, y)))]
})

// d(tanh x) = (1 - tanh² x) dx
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

// d(erf x) = 2/√π e^(-x²) dx
export const erf = unary({
  name: 'erf',
  cost: 3 * transcendental,
  f: erfValue,
  helper: erfHelper,
  vjp: (ct, _, x) => [mul(ct, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))]
})

// the gradient is zero almost everywhere
export const floor = unary({ name: 'floor', f: Math.floor, vjp: () => [undefined] })

export const add = binary({
  name: 'add',
  f: (a, b) => a + b,
  text: (a, b) => `(${a} + ${b})`,
  vjp: (ct) => [ct, ct]
})

export const sub = binary({
  name: 'sub',
  f: (a, b) => a - b,
  text: (a, b) => `(${a} - ${b})`,
  vjp: (ct) => [ct, neg(ct)]
})

// d(ab) = b da + a db
export const mul = binary({
  name: 'mul',
  f: (a, b) => a * b,
  text: (a, b) => `(${a} * ${b})`,
  vjp: (ct, _, a, b) => [mul(ct, b), mul(ct, a)]
})

// d(a/b) = da / b - (a/b) db / b
export const div = binary({
  name: 'div',
  cost: transcendental,
  f: (a, b) => a / b,
  text: (a, b) => `(${a} / ${b})`,
  vjp: (ct, y, _, b) => [div(ct, b), neg(div(mul(ct, y), b))]
})

// the larger one takes the cotangent, a tie shares it; chosen, as 0 times an infinite cotangent would not be 0
export const maximum = binary({
  name: 'maximum',
  f: (a, b) => Math.max(a, b),
  helper: larger,
  vjp: (ct, _, a, b) => [share(ct, a, b), share(ct, b, a)]
})
const share = (ct: Tensor, a: Tensor, b: Tensor): Tensor => select(less(a, b), 0, mul(ct, select(equal(a, b), 0.5, 1)))

// d(a^b) = b a^(b-1) da + a^b ln a db
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

// comparisons give 1 or 0 and have no gradient
const comparison = (name: string, operator: string, f: (a: number, b: number) => boolean): Binary =>
  binary({
    name,
    f: (a, b) => Number(f(a, b)),
    helper: { name: `is_${name}`, params: ['a', 'b'], body: [`return a ${operator} b ? 1.0 : 0.0;`] },
    vjp: () => [undefined, undefined]
  })
export const less = comparison('less', '<', (a, b) => a < b)
export const lessEqual = comparison('lessEqual', '<=', (a, b) => a <= b)
export const equal = comparison('equal', '==', (a, b) => a === b)

// the chosen side takes the cotangent
const selectRow = pointwise({
  name: 'select',
  f: (c, a, b) => (c === 0 ? b : a),
  vjp: (ct, _, c) => [undefined, select(c, ct, 0), select(c, 0, ct)]
})

/** What to take where a condition holds, and where not; or these alone for `pipe`. */
export interface Selection {
  (condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor
  (a: Tensor | number, b: Tensor | number): (condition: Tensor) => Tensor
}

/** `a` where `condition` is not 0, else `b`; the three broadcast. */
export const select = Object.assign(
  dualOp<Selection>(
    'select',
    counted(3),
    (a: Tensor | number, b: Tensor | number) => (condition: Tensor) => applied(selectRow, condition, a, b)
  ),
  { row: selectRow }
)
