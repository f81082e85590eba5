/** Functions that the rows' texts call and GLSL lacks; only those used are written into a kernel. */
const both = (head: (type: string) => string, scalar: string, wide: string): string =>
  [`${head('float')} { ${scalar} }`, `${head('vec4')} { ${wide} }`].join('\n')

const comparison = (name: string, op: string, f: string): string =>
  both((t) => `${t} ${name}(${t} a, ${t} b)`, `return a ${op} b ? 1.0 : 0.0;`, `return vec4(${f}(a, b));`)

/** x is n half turns (less half of one for cos) and r, |r| at most a quarter turn: (-1)ⁿ sin r, by its series. */
const wave = (name: string, shift: number): string => {
  const text = (t: string): string =>
    [
      `${t} n = floor(x * 0.31830989 + ${(0.5 + shift).toFixed(1)});`,
      `${t} k = n - ${shift.toFixed(1)};`,
      // π in three parts: the first two times a whole number are exact
      `${t} r = ((x - k * 3.140625) - k * 0.0009675025939941406) - k * 1.5099580252808664e-7;`,
      `${t} q = r * r;`,
      `${t} p = q * (2.7557319e-6 - q * (2.5052108e-8 - q * 1.6059044e-10));`,
      'p = q * (0.16666667 - q * (0.0083333333 - q * (0.00019841270 - p)));',
      'return (r - r * p) * (1.0 - 2.0 * mod(n, 2.0));'
    ].join(' ')
  return both((t) => `${t} ${name}(${t} x)`, text('float'), text('vec4'))
}

const functions: Readonly<Record<string, string>> = {
  is_less: comparison('is_less', '<', 'lessThan'),
  is_lessEqual: comparison('is_lessEqual', '<=', 'lessThanEqual'),
  is_equal: comparison('is_equal', '==', 'equal'),
  select: both(
    (t) => `${t} select(${t} c, ${t} a, ${t} b)`,
    'return c != 0.0 ? a : b;',
    'return vec4(c.x != 0.0 ? a.x : b.x, c.y != 0.0 ? a.y : b.y, c.z != 0.0 ? a.z : b.z, c.w != 0.0 ? a.w : b.w);'
  ),
  sigmoid: both((t) => `${t} sigmoid(${t} x)`, 'return 1.0 / (1.0 + exp(-x));', 'return 1.0 / (1.0 + exp(-x));'),
  // 1 - 2 / (e^2x + 1) cancels near 0, where the series serves
  hyperbolicTangent: [
    'float hyperbolicTangent(float x) {',
    '  float s = x * x;',
    '  if (s < 0.01) return x * (1.0 - s * (0.33333333 - s * (0.13333333 - s * 0.053968254)));',
    '  return 1.0 - 2.0 / (exp(2.0 * clamp(x, -15.0, 15.0)) + 1.0);',
    '}',
    'vec4 hyperbolicTangent(vec4 x) {',
    '  return vec4(hyperbolicTangent(x.x), hyperbolicTangent(x.y), hyperbolicTangent(x.z), hyperbolicTangent(x.w));',
    '}'
  ].join('\n'),
  accurateSin: wave('accurateSin', 0),
  accurateCos: wave('accurateCos', 0.5),
  pick: 'float pick(vec4 t, float channel) { return channel < 1.5 ? (channel < 0.5 ? t.x : t.y) : (channel < 2.5 ? t.z : t.w); }'
}

/** GLSL's own need only be right to 2⁻¹¹, and some drivers do no better. */
const accurate = (text: string): string =>
  text.replace(/\b(sin|cos)\(/g, (_, name: string) => (name === 'sin' ? 'accurateSin(' : 'accurateCos('))

/** The text with the functions that it calls before it. */
export const withFunctions = (text: string): string => {
  const body = accurate(text)
  return [
    ...Object.entries(functions)
      .filter(([name]) => body.includes(`${name}(`))
      .map(([, source]) => source),
    body
  ].join('\n')
}
