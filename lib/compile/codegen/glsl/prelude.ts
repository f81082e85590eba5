import type { Helper } from '../../../core/tensor.ts'
import { callsIn, rendered, wordsOf } from '../code.ts'

/** Functions that the rows' texts call and GLSL lacks; only those used are written into a kernel. */
const both = (head: (type: string) => string, scalar: string, wide: string): string =>
  [`${head('float')} { ${scalar} }`, `${head('vec4')} { ${wide} }`].join('\n')

const comparison = (name: string, op: string): string => each(name, ['a', 'b'], `return a ${op} b ? 1.0 : 0.0;`)

/** The digits of 1 / 2π to the base of 256, after the point: 160 bits, which float32's largest numbers want. */
const turnDigits: readonly number[] = [
  0x28, 0xbe, 0x60, 0xdb, 0x93, 0x91, 0x05, 0x4a, 0x7f, 0x09, 0xd5, 0xf4, 0x7d, 0x4d, 0x37, 0x70, 0x36, 0xd8, 0xa5, 0x66
]
const four = (from: number): string => `vec4(${[0, 1, 2, 3].map((i) => `${turnDigits[from + i - 1]}.0`).join(', ')})`

/**
 * What of a large x is left after whole turns, by Payne and Hanek: x = y · 256^j with y a whole number of four digits,
 * and of y / 2π only the digits near the point are computed. All products and sums are whole numbers below 2^18.
 */
const withoutTurns = [
  'float withoutTurns(float x) {',
  '  if (abs(x) < 10000.0) return x;',
  // 2^-96, which not every driver reads exactly
  '  float s = 0.0000152587890625;',
  '  float y = abs(x) * (s * s) * (s * s) * (s * s);',
  // the digits j + 1 … j + 8, from j = 12 on
  `  vec4 a = ${four(13)};`,
  `  vec4 b = ${four(17)};`,
  ...Array.from({ length: 14 }, (_, i) => {
    const digit = turnDigits[11 - i] ?? 0
    return `  if (y < 16777216.0) { y *= 256.0; b = vec4(a.w, b.xyz); a = vec4(${digit}.0, a.xyz); }`
  }),
  '  float h = floor(y * s);',
  '  float l = y - h * 65536.0;',
  '  vec2 top = floor(vec2(l, h) * 0.00390625);',
  '  vec4 d = vec4(l - top.x * 256.0, top.x, h - top.y * 256.0, top.y);',
  '  float f = fract(dot(d, a) * 0.00390625) + dot(d, vec4(a.yzw, b.x)) * s;',
  '  float tail = ((dot(d, b) * 0.00390625 + dot(d, vec4(a.w, b.xyz))) * 0.00390625 + dot(d, vec4(a.zw, b.xy))) * 0.00390625 * s;',
  '  float r = (f - floor(f + 0.5) + tail) * 6.2831853;',
  '  return x < 0.0 ? -r : r;',
  '}',
  'vec4 withoutTurns(vec4 x) {',
  '  return vec4(withoutTurns(x.x), withoutTurns(x.y), withoutTurns(x.z), withoutTurns(x.w));',
  '}'
].join('\n')

/** x is n half turns (less half of one for cos) and r, |r| at most a quarter turn: (-1)ⁿ sin r, by its series. */
const wave = (name: string, shift: number): string => {
  const text = (t: string): string =>
    [
      `${t} w = withoutTurns(x);`,
      `${t} n = floor(w * 0.31830989 + ${(0.5 + shift).toFixed(1)});`,
      `${t} k = n - ${shift.toFixed(1)};`,
      // π in three parts: the first two times a whole number are exact
      `${t} r = ((w - k * 3.140625) - k * 0.0009675025939941406) - k * 1.5099580252808664e-7;`,
      `${t} q = r * r;`,
      `${t} p = q * (2.7557319e-6 - q * (2.5052108e-8 - q * 1.6059044e-10));`,
      'p = q * (0.16666667 - q * (0.0083333333 - q * (0.00019841270 - p)));',
      'return (r - r * p) * (1.0 - 2.0 * mod(n, 2.0));'
    ].join(' ')
  return both((t) => `${t} ${name}(${t} x)`, text('float'), text('vec4'))
}

/** A function of one number, and of four of them one by one. */
const each = (name: string, params: readonly string[], body: string): string => {
  const list = (type: string): string => params.map((p) => `${type} ${p}`).join(', ')
  const lanes = ['x', 'y', 'z', 'w'].map((lane) => `${name}(${params.map((p) => `${p}.${lane}`).join(', ')})`)
  return [
    `float ${name}(${list('float')}) { ${body} }`,
    `vec4 ${name}(${list('vec4')}) { return vec4(${lanes.join(', ')}); }`
  ].join('\n')
}

/**
 * Drivers take a choice by a comparison of what is chosen for their own min and max, e^(p ln x) for a power, and lose
 * NaN there. What is written here is none of the forms that they know.
 */
const functions: Readonly<Record<string, string>> = {
  is_less: comparison('is_less', '<'),
  is_lessEqual: comparison('is_lessEqual', '<='),
  is_equal: comparison('is_equal', '=='),
  // times 1, which no compiler knows to be 1
  select: each('select', ['c', 'a', 'b'], 'return c * gl_FragCoord.w != 0.0 ? a : b;'),
  sigmoid: both((t) => `${t} sigmoid(${t} x)`, 'return 1.0 / (1.0 + exp(-x));', 'return 1.0 / (1.0 + exp(-x));'),
  // where neither is true one of the two is NaN, and so is the sum of the squares
  larger: each('larger', ['a', 'b'], 'return a >= b ? a : (a < b ? b : a * a + b * b);'),
  // the square root of what has no logarithm is NaN
  logarithm: each('logarithm', ['x'], 'return x >= 0.0 ? log(x) : sqrt(x);'),
  // as in IEEE 754: b a whole number or infinite, a negative or nothing, each has a meaning
  power: each(
    'power',
    ['a', 'b'],
    [
      'float m = abs(a);',
      'bool whole = b == floor(b);',
      'bool odd = abs(b) < 16777216.0 && mod(b, 2.0) == 1.0;',
      'if (b == 0.0 || a == 1.0) return 1.0;',
      'if (m == 1.0) return whole ? (odd ? -1.0 : 1.0) : sqrt(a);',
      'if (m == 0.0) return b > 0.0 ? (odd ? a : m) : b < 0.0 ? 1.0 / (odd ? a : m) : b;',
      'float y = exp(b * logarithm(m));',
      'return a > 0.0 ? y : (whole || m * 2.0 == m) ? (odd ? -y : y) : sqrt(a);'
    ].join(' ')
  ),
  // 1 - e^-2x cancels near 0, where the series serves
  hyperbolicTangent: each(
    'hyperbolicTangent',
    ['x'],
    [
      'float s = x * x;',
      'if (s < 0.01) return x * (1.0 - s * (0.33333333 - s * (0.13333333 - s * 0.053968254)));',
      'float t = 2.0 / (exp(2.0 * abs(x)) + 1.0);',
      'return x < 0.0 ? t - 1.0 : 1.0 - t;'
    ].join(' ')
  ),
  withoutTurns,
  accurateSin: wave('accurateSin', 0),
  accurateCos: wave('accurateCos', 0.5),
  pick: 'float pick(vec4 t, float channel) { return channel < 1.5 ? (channel < 0.5 ? t.x : t.y) : (channel < 2.5 ? t.z : t.w); }'
}

/** GLSL's own need only be right to 2⁻¹¹, and some drivers do no better. */
const accurate: Readonly<Record<string, string>> = { sin: 'accurateSin', cos: 'accurateCos' }

/** The functions that those above call. */
const calls: Readonly<Record<string, readonly string[]>> = {
  accurateSin: ['withoutTurns'],
  accurateCos: ['withoutTurns'],
  power: ['logarithm']
}

/** What GLSL calls a function of the rows' language. */
export const functionName = (name: string): string => accurate[name] ?? name

/** The definitions of some functions, and of those that they call. */
export const functionsOf = (called: ReadonlySet<string | Helper>): readonly string[] => {
  const helpers = [...called].filter((to) => typeof to !== 'string')
  const bodies = helpers.map(({ body }) => wordsOf(body.join(' '), []))
  const names = [...called, ...bodies.flatMap((body) => [...callsIn(body)])].filter((to) => typeof to === 'string')
  const used = new Set(names.map(functionName).flatMap((name) => [name, ...(calls[name] ?? [])]))
  const own = helpers.map(({ name, params }, i) =>
    each(
      name,
      params,
      rendered(bodies[i]!, () => '', functionName)
    )
  )
  return [...Object.entries(functions).flatMap(([name, source]) => (used.has(name) ? [source] : [])), ...own]
}
