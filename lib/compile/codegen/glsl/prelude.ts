import type { Helper } from '../../../core/helper.ts'
import { bodyOf, rendered, withCalled } from '../code.ts'

/** A function of one number, and of four of them at once. */
const both = (head: (type: string) => string, scalar: string, wide: string): string =>
  [`${head('float')} { ${scalar} }`, `${head('vec4')} { ${wide} }`].join('\n')

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

/** What the writers call and GLSL lacks, or has not well enough. Functions of one row are the row's helpers. */
const functions: Readonly<Record<string, string>> = {
  // drivers take a choice by a comparison of its sides for their own min or max, which lose NaN; they do not know that
  // the factor is 1
  select: each('select', ['c', 'a', 'b'], 'return c * gl_FragCoord.w != 0.0 ? a : b;'),
  withoutTurns,
  accurateSin: wave('accurateSin', 0),
  accurateCos: wave('accurateCos', 0.5),
  pick: 'float pick(vec4 t, float channel) { return channel < 1.5 ? (channel < 0.5 ? t.x : t.y) : (channel < 2.5 ? t.z : t.w); }'
}

/** GLSL's own need only be right to 2⁻¹¹, and some drivers do no better. */
const accurate: Readonly<Record<string, string>> = { sin: 'accurateSin', cos: 'accurateCos' }

/** What GLSL calls a function of the rows' language. */
export const functionName = (name: string): string => accurate[name] ?? name

/** A row's helper. */
const defined = (helper: Helper): string => {
  const { name, params, wide } = helper
  const body = rendered(bodyOf(helper, 'glsl'), () => '', functionName)
  const list = (type: string): string => params.map((p) => `${type} ${p}`).join(', ')
  return wide ? both((type) => `${type} ${name}(${list(type)})`, body, body) : each(name, params, body)
}

/** The definitions of some functions, and of those that they call. */
export const functionsOf = (called: ReadonlySet<string | Helper>): readonly string[] => {
  const all = withCalled(called, 'glsl')
  const names = new Set(all.map((to) => (typeof to === 'string' ? functionName(to) : '')))
  const isUsed = (name: string): boolean =>
    names.has(name) || (name === 'withoutTurns' && Object.values(accurate).some((wave) => names.has(wave)))
  const own = Object.entries(functions).flatMap(([name, source]) => (isUsed(name) ? [source] : []))
  return [...own, ...all.flatMap((to) => (typeof to === 'string' ? [] : [defined(to)]))]
}
