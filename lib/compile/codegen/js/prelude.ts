import type { Helper } from '../../../core/tensor.ts'
import { floatText, rendered, wordsOf, type Hole } from '../code.ts'

/** Functions that JavaScript keeps in Math. */
const inMath: ReadonlySet<string> = new Set(['exp', 'log', 'sqrt', 'sin', 'cos', 'floor', 'max', 'min', 'abs'])

/** Functions that the rows' texts call, in the JavaScript that gpu.js translates. */
const functions: Readonly<Record<string, string>> = {
  is_less: 'function is_less(a, b) { if (a < b) { return 1.0; } return 0.0; }',
  is_lessEqual: 'function is_lessEqual(a, b) { if (a <= b) { return 1.0; } return 0.0; }',
  is_equal: 'function is_equal(a, b) { if (a == b) { return 1.0; } return 0.0; }',
  select: 'function select(c, a, b) { if (c != 0.0) { return a; } return b; }',
  sigmoid: 'function sigmoid(x) { return 1.0 / (1.0 + Math.exp(-x)); }',
  hyperbolicTangent: 'function hyperbolicTangent(x) { return Math.tanh(x); }',
  larger: 'function larger(a, b) { return Math.max(a, b); }',
  logarithm: 'function logarithm(x) { return Math.log(x); }',
  power: [
    'function power(a, b) {',
    '  if (a == 1.0) { return 1.0; }',
    '  if (a == -1.0) { if (Math.abs(b) > 16777216.0) { return 1.0; } }',
    '  return Math.pow(a, b);',
    '}'
  ].join('\n')
}

/** What JavaScript calls a function of the rows' language. */
export const functionName = (name: string): string => (inMath.has(name) ? `Math.${name}` : name)

/** A number as JavaScript writes it: all of them stand in the text. */
export const numberText = (hole: Hole): string => floatText(hole.kind === 'side' ? 1 / hole.texels : hole.value)

/** The definitions of some functions. */
export const functionsOf = (called: ReadonlySet<string | Helper>): readonly string[] =>
  [...called].flatMap((to) => (typeof to !== 'string' ? [defined(to)] : (functions[to] ?? [])))

/** A helper: it declares names as GLSL does, by their type. */
const defined = ({ name, params, body }: Helper): string => {
  const text = rendered(wordsOf(body.join(' '), []), numberText, functionName)
  return `function ${name}(${params.join(', ')}) { ${text.replace(/\bfloat (?=\w+ =)/g, 'let ')} }`
}
